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
const SOON_OVER =
  'an address is tentative for a second only, which the shell of a busy machine may miss';
const FILES = 'it is about files and processes of the whole machine, which the model does not have';

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
  { command: /-ww -p |^ps -p \$\$|^ps -J 0 /, why: 'the model knows the processes of jails only' },
  { command: /-o pid=,args=/, why: 'it shows a process id' },
  { command: /^ps -ax -o jid/, section: '14.', why: 'it shows the processes of the whole machine' },
  {
    command: /^kldstat -v /,
    why: 'it shows where modules lie in memory, and what they load themselves',
  },
  { command: /^(touch|command|kill|script|daemon|cat|\.) /, section: '10.', why: FILES },
  { command: /^(ls|devfs|mkdir) /, section: '10.', why: FILES },
  {
    command: /^ifconfig epair0a inet6 fd00:10::1\/64 alias up; .*sleep 3/,
    why: SOON_OVER,
    left: ['ifconfig epair0a inet6 fd00:10::1/64 alias up'],
    took: 3000,
  },
  {
    command: /^ifconfig epair0a inet6 -ifdisabled; .*sleep 3/,
    why: SOON_OVER,
    left: ['ifconfig epair0a inet6 -ifdisabled'],
    took: 3000,
  },
  {
    command: /^ifconfig epair0a inet6 fd00:10::2\/64 alias; .*sleep 3/,
    why: SOON_OVER,
    left: ['ifconfig epair0a inet6 fd00:10::2/64 alias'],
    took: 3000,
  },
  { command: /^sysctl kern\.ipc\.maxsockbuf/, why: 'klee does not ask for it' },
  { command: /^pfctl .*-vv?s nat$/, why: 'it shows process ids and counters' },
  {
    command: /^printf 'set skip on \{ lo0 epair \}/,
    why: 'pf forgets that an interface is skipped whose group was until then',
    left: ['pfctl -f - < set skip on { epair }'],
  },
  { command: /^pfctl -s Interfaces -vv/, why: 'it shows counters' },
  { command: /^i=0; while/, why: 'of eight at once, which loads fail is left to chance' },
  {
    command: /^for i in 0 1 2 3 4 5 6 7; do pfctl -q -a klee/,
    why: 'what is there depends on which loads failed',
  },
  { command: /^daemon -f -u nobody/, section: '12.', why: 'the model has no users but root' },
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
