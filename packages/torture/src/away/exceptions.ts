/** What klee need not notice or mend, and why. docs/torture.md lists the same. */

interface Exception {
  /** Matches the key of an entry, followed by what is done to it. */
  readonly pattern: RegExp;
  readonly reason: string;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    pattern: / table local dev /,
    reason: 'the kernel makes and removes it with the address or link that it follows',
  },
  {
    pattern: /[/](?:lo|uplink|lan0|street0|plain-\w+)[/]forwarding |conf[/]all[/]accept_redirects /,
    reason: 'the kernel gives it to every interface with the setting of the host',
  },
  { pattern: /[/]addr_gen_mode /, reason: 'the same is looked at as an attribute of its link' },
  {
    pattern: /address \S+ of lo |interface lo deleted/,
    reason: 'the loopback interface and its addresses are those of the kernel',
  },
  {
    pattern: /route unicast \S+ [(]IPv6[)] table main dev eth0 metric 256 .*/,
    reason: 'the kernel makes it with an address, and finds the address without it',
  },
  {
    pattern: /^group of kl/,
    reason: 'it is the mark of klee, which never touches what lacks it: its owner is restarted',
  },
  { pattern: /^alias of kl/, reason: 'people read it, and nothing depends on it' },
  {
    pattern: /generation of addresses of /,
    reason: 'it counts when an interface goes up: a later change takes nothing away',
  },
  {
    pattern: /^mount /,
    reason: 'a container has its mounts in a namespace of its own, and a start makes them anew',
  },
];

export function isLeftOut(what: string): boolean {
  return EXCEPTIONS.some(({ pattern }) => pattern.test(what));
}
