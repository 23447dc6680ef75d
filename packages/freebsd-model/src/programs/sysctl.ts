/** Reads and sets kernel state: sysctl(8). */
import { failed, stackIdOf, stackOf } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { isLater } from '../releases.ts';

/** The settings of each stack, with their defaults. */
const OF_STACK: Readonly<Record<string, string>> = {
  'net.fibs': '1',
  'net.inet.ip.forwarding': '0',
  'net.inet6.ip6.forwarding': '0',
  'net.inet6.ip6.rfc6204w3': '0',
  'net.inet6.ip6.accept_rtadv': '0',
  // Those of if_bridge(4), which come with it.
  'net.link.bridge.ipfw': '0',
  'net.link.bridge.allow_llz_overlap': '0',
  'net.link.bridge.inherit_mac': '0',
  'net.link.bridge.log_stp': '0',
  'net.link.bridge.pfil_local_phys': '0',
  'net.link.bridge.pfil_member': '1',
  'net.link.bridge.ipfw_arp': '0',
  'net.link.bridge.pfil_bridge': '1',
  'net.link.bridge.pfil_onlyip': '1',
};

/** In the order of a whole subtree; the value is the longest text, and 0 for everything else. */
const JAIL_PARAMETERS: readonly (readonly [string, number])[] = [
  ...(
    'sysvshm. sysvsem. sysvmsg. allow.mount.procfs allow.mount.nullfs allow.mount.devfs ' +
    'allow.mount.fdescfs allow.mount.tmpfs allow.mount. allow.suser allow.unprivileged_proc_debug ' +
    'allow.read_msgbuf allow.reserved_ports allow.mlock allow.socket_af allow.quotas allow.chflags ' +
    'allow.raw_sockets allow.sysvipc allow.set_hostname ip6.saddrsel ip6. ip4.saddrsel ip4. cpuset.id host.hostid'
  )
    .split(' ')
    .map((name) => [name, 0] as const),
  ['host.hostuuid', 64],
  ['host.domainname', 256],
  ['host.hostname', 256],
  ...'host. children.max children.cur dying vnet persist devfs_ruleset enforce_statfs'
    .split(' ')
    .map((name) => [name, 0] as const),
  ['osrelease', 32],
  ['osreldate', 0],
  ['securelevel', 0],
  ['path', 1024],
  ['name', 256],
  ['parent', 0],
  ['jid', 0],
];

export function sysctl(machine: Machine, call: Call): Answer {
  const flags = new Set(
    call.args.filter((word) => word.startsWith('-')).flatMap((word) => word.slice(1).split('')),
  );
  const words = call.args.filter((word) => !word.startsWith('-'));
  let [stdout, stderr, status] = ['', '', 0];
  for (const word of words) {
    const answer = word.includes('=')
      ? set(machine, call, word, flags)
      : show(machine, call, word, flags);
    stdout += answer.stdout;
    stderr += answer.stderr;
    status ||= answer.status;
  }
  return { status, stdout, stderr };
}

function show(machine: Machine, call: Call, wanted: string, flags: ReadonlySet<string>): Answer {
  const all = valuesOf(machine, call);
  const found = all.filter(([name]) => name === wanted || name.startsWith(`${wanted}.`));
  if (found.length === 0) {
    if (flags.has('i')) return { status: 0, stdout: '', stderr: '' };
    return failed(`sysctl: unknown oid '${wanted}'`);
  }
  const lines = found.map(([name, value]) =>
    flags.has('n') ? `${value}\n` : `${name}: ${value}\n`,
  );
  return { status: 0, stdout: lines.join(''), stderr: '' };
}

function set(machine: Machine, call: Call, word: string, flags: ReadonlySet<string>): Answer {
  const equals = word.indexOf('=');
  const [name, value] = [word.slice(0, equals), word.slice(equals + 1)];
  const old = valuesOf(machine, call).find(([other]) => other === name)?.[1];
  if (old === undefined) return failed(`sysctl: unknown oid '${name}'`);
  if (OF_STACK[name] === undefined) return failed(`sysctl: oid '${name}' is read only`);
  if (name === 'net.fibs' && !(Number(value) >= Number(old)))
    return failed(`sysctl: ${name}=${value}: Capabilities insufficient`, 1, `${name}: ${old}\n`);
  if (call.jail?.vnet === false) return failed(`sysctl: ${name}=${value}: Operation not permitted`);
  stackOf(machine.state, stackIdOf(call.jail)).sysctls[name] = value;
  return {
    status: 0,
    stdout: `${flags.has('n') ? '' : `${name}: `}${old} -> ${value}\n`,
    stderr: '',
  };
}

function valuesOf({ state }: Machine, { jail }: Call): readonly (readonly [string, string])[] {
  const stack = stackOf(state, stackIdOf(jail));
  return [
    ['kern.ostype', 'FreeBSD'],
    ['kern.osrelease', state.release],
    ['kern.hostname', jail?.parameters['host.hostname'] ?? state.hostname],
    ['kern.hostuuid', jail?.parameters['host.hostuuid'] ?? state.hostUuid],
    ['kern.boottime', bootTime(state.bootTime)],
    ['kern.features.vimage', '1'],
    ['hw.machine', 'amd64'],
    ['hw.machine_arch', 'amd64'],
    ['security.jail.jailed', jail === undefined ? '0' : '1'],
    ['security.jail.vnet', jail?.vnet === true ? '1' : '0'],
    ...JAIL_PARAMETERS.map(
      ([name, size]) => [`security.jail.param.${name}`, String(size)] as const,
    ),
    ...Object.entries(OF_STACK)
      .filter(([name]) => !name.startsWith(OF_BRIDGE) || state.modules.includes('if_bridge'))
      .map(([name, initial]) => {
        const later = isLater(state.release) ? LATER[name] : undefined;
        return [name, stack.sysctls[name] ?? later ?? initial] as const;
      }),
  ];
}

const OF_BRIDGE = 'net.link.bridge.';

/** Different defaults of FreeBSD 15.1. */
const LATER: Readonly<Record<string, string>> = {
  'net.link.bridge.pfil_member': '0',
  'net.link.bridge.pfil_bridge': '0',
};

function bootTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const micro = Math.round((milliseconds - seconds * 1000) * 1000);
  return `{ sec = ${seconds}, usec = ${micro} } ${new Date(milliseconds).toUTCString()}`;
}
