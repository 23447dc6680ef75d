/** The recorded commands that are not held against the model, each with its reason and with what it did to the host. */

export interface NotReplayed {
  readonly command: RegExp;
  /** Only in these sections, by the beginning of their title. Default: in all. */
  readonly section?: string;
  readonly why: string;
  /** What is left of it on the host: commands for the model, which must succeed. */
  readonly left?: readonly string[];
  /** Jails that it left with TCP connections, which hold them for a minute. */
  readonly lingering?: readonly string[];
  /** How long it took, in milliseconds. */
  readonly took?: number;
}

const PACKETS = 'the model sends no packets';

export const NOT_REPLAYED: readonly NotReplayed[] = [
  { command: /^uname /, why: 'klee does not use uname(1)' },
  {
    command: /\bping\b.* 10\.4\.6\.3 to 10\.4\.6\.2|^printf 'block quick on kbr0/,
    why: PACKETS,
    left: ['pfctl -a klee/net1 -f - < block quick inet from 10.4.6.3 to 10.4.6.2'],
  },
  { command: /^(jexec \S+ )?ping /, why: PACKETS },
  { command: /^(arp|ndp) /, why: 'neighbours are learnt from packets' },
  { command: /^ifconfig kbr0 addr$/, why: 'a bridge learns from packets where MAC addresses are' },
  { command: /^sockstat /, why: 'the model has no sockets' },
  { command: /^rctl/, why: 'klee does not use rctl(8)' },
  { command: /^ps ax /, why: 'it counts the processes of the whole machine' },
  { command: /^jexec (1 ls|\w+ ls \/dev)$/, why: 'it shows the files of the recorded jail' },
  { command: /^jexec klee-v1 env$/, why: 'it shows the environment of whoever recorded it' },
  { command: /^100 x|t0=/, why: 'it was run to see how long it takes, and leaves nothing' },
  { command: /^pfctl -sr -vv$/, why: 'it shows process ids and counters' },
  { command: /^pfctl -s Interfaces$/, why: 'pf remembers names that interfaces have no more' },
  {
    command: /command=\/bin\/sh/,
    why: 'klee starts commands with jexec(8), not with jail(8)',
    left: ['jail -c name=q1 path=/jails/base persist', 'jail -r q1'],
  },
  {
    command: /exec\.start='false'/,
    why: 'klee starts commands with jexec(8), not with jail(8)',
    left: ['jail -c name=q2 path=/jails/base persist', 'jail -r q2'],
  },
  {
    command: /exec\.start='echo ok'/,
    why: 'klee starts commands with jexec(8), not with jail(8)',
    left: ['jail -c name=q3 path=/jails/base ip4.addr=10.2.3.1 persist'],
  },
  { command: /^\(echo hello-from-c2/, section: '3.', why: PACKETS, lingering: ['c2'], took: 1500 },
  {
    command: /^\(timeout 3 jexec d1 nc/,
    section: '3.',
    why: PACKETS,
    left: ['jail -r d1', 'jail -c name=d1 path=/jails/base ip4.addr=10.2.3.1 persist'],
  },
  {
    command: /^\(timeout 5 jexec d1 nc/,
    section: '3b.',
    why: PACKETS,
    lingering: ['d1'],
    left: ['jail -r d1', 'jail -c name=d1 path=/jails/base ip4.addr=10.2.3.1 persist'],
  },
  {
    command: /^\(timeout 5 jexec v1 nc/,
    section: '4b.',
    why: PACKETS,
    lingering: ['v1'],
    left: ['jail -r v1'],
  },
  {
    command: /^\(timeout 5 jexec v2 nc/,
    section: '4b.',
    why: PACKETS,
    lingering: ['v2'],
    left: ['jail -r v2', 'ifconfig epair0a destroy', 'ifconfig epair create'],
  },
  {
    command: /^\(timeout 5 jexec v3 nc/,
    section: '4b.',
    why: PACKETS,
    lingering: ['v3'],
    left: ['ifconfig epair0b -vnet v3', 'jail -r v3', 'ifconfig epair0a destroy'],
  },
  {
    command: /^\(echo from-ipnet \| timeout 5 jexec i1/,
    section: '4.',
    why: PACKETS,
    lingering: ['v1'],
  },
  { command: /\bnc\b/, why: PACKETS },
  {
    command: /^for i in 1 2 3 4 5 6 7 8; do ifconfig epair create & done/,
    why: 'of eight at once, who comes first is left to chance: see freebsd-model-program.test.ts',
  },
  {
    command: /^ifconfig lo create name kp0\n/,
    why: 'of eight at once, who comes first is left to chance: see freebsd-model-program.test.ts',
  },
  { command: /^daemon -p /, why: 'it shows process ids: see freebsd-model-program.test.ts' },
  {
    command: /^jexec klee-v1 sh -c 'trap/,
    why: 'it shows process ids: see freebsd-model-program.test.ts',
  },
];
