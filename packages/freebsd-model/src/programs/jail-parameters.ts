/** The parameters of jails that the kernel knows, in the order in which jls(8) lists them. */
import type { HostState, Jail } from '../state.ts';

type Kind = 'text' | 'number' | 'flag' | 'mode' | 'addresses';

export interface Parameter {
  readonly name: string;
  readonly kind: Kind;
  /** The defaults of a jail. */
  readonly initial: string;
  readonly readOnly?: true;
}

const NO_UUID = '00000000-0000-0000-0000-000000000000';

export const PARAMETERS: readonly Parameter[] = [
  { name: 'devfs_ruleset', kind: 'number', initial: '0' },
  { name: 'dying', kind: 'flag', initial: 'false', readOnly: true },
  { name: 'enforce_statfs', kind: 'number', initial: '2' },
  { name: 'host', kind: 'mode', initial: 'new' },
  { name: 'ip4', kind: 'mode', initial: 'disable' },
  { name: 'ip6', kind: 'mode', initial: 'disable' },
  { name: 'jid', kind: 'number', initial: '' },
  { name: 'name', kind: 'text', initial: '' },
  { name: 'osreldate', kind: 'number', initial: '' },
  { name: 'osrelease', kind: 'text', initial: '' },
  { name: 'parent', kind: 'number', initial: '0', readOnly: true },
  { name: 'path', kind: 'text', initial: '' },
  { name: 'persist', kind: 'flag', initial: 'false' },
  { name: 'securelevel', kind: 'number', initial: '-1' },
  { name: 'sysvmsg', kind: 'mode', initial: 'disable' },
  { name: 'sysvsem', kind: 'mode', initial: 'disable' },
  { name: 'sysvshm', kind: 'mode', initial: 'disable' },
  { name: 'vnet', kind: 'mode', initial: 'inherit' },
  { name: 'allow.chflags', kind: 'flag', initial: 'false' },
  { name: 'allow.mlock', kind: 'flag', initial: 'false' },
  { name: 'allow.mount', kind: 'flag', initial: 'false' },
  { name: 'allow.mount.devfs', kind: 'flag', initial: 'false' },
  { name: 'allow.mount.fdescfs', kind: 'flag', initial: 'false' },
  { name: 'allow.mount.nullfs', kind: 'flag', initial: 'false' },
  { name: 'allow.mount.procfs', kind: 'flag', initial: 'false' },
  { name: 'allow.mount.tmpfs', kind: 'flag', initial: 'false' },
  { name: 'allow.quotas', kind: 'flag', initial: 'false' },
  { name: 'allow.raw_sockets', kind: 'flag', initial: 'false' },
  { name: 'allow.read_msgbuf', kind: 'flag', initial: 'false' },
  { name: 'allow.reserved_ports', kind: 'flag', initial: 'true' },
  { name: 'allow.set_hostname', kind: 'flag', initial: 'true' },
  { name: 'allow.socket_af', kind: 'flag', initial: 'false' },
  { name: 'allow.suser', kind: 'flag', initial: 'true' },
  { name: 'allow.sysvipc', kind: 'flag', initial: 'false' },
  { name: 'allow.unprivileged_proc_debug', kind: 'flag', initial: 'true' },
  { name: 'children.cur', kind: 'number', initial: '0', readOnly: true },
  { name: 'children.max', kind: 'number', initial: '0' },
  { name: 'cpuset.id', kind: 'number', initial: '', readOnly: true },
  { name: 'host.domainname', kind: 'text', initial: '' },
  { name: 'host.hostid', kind: 'number', initial: '0' },
  { name: 'host.hostname', kind: 'text', initial: '' },
  { name: 'host.hostuuid', kind: 'text', initial: NO_UUID },
  { name: 'ip4.addr', kind: 'addresses', initial: '' },
  { name: 'ip4.saddrsel', kind: 'flag', initial: 'true' },
  { name: 'ip6.addr', kind: 'addresses', initial: '' },
  { name: 'ip6.saddrsel', kind: 'flag', initial: 'true' },
];

/** What jail(8) itself understands. */
export const PSEUDO_PARAMETERS: ReadonlySet<string> = new Set([
  'interface',
  'vnet.interface',
  'ip_hostname',
  'mount',
  'mount.devfs',
  'mount.fdescfs',
  'mount.procfs',
  'depend',
  'stop.timeout',
  'allow.dying',
]);

export function findParameter(name: string): Parameter | undefined {
  return PARAMETERS.find((parameter) => parameter.name === name);
}

/** The value of a parameter of a jail: flags as `true` and `false`, addresses with commas between them. */
export function valueOf({ release }: HostState, jail: Jail, { name, initial }: Parameter): string {
  switch (name) {
    case 'jid':
      return String(jail.jid);
    case 'name':
      return jail.name;
    case 'path':
      return jail.path;
    case 'dying':
      return String(jail.dying);
    case 'cpuset.id':
      return String(jail.cpuset);
    case 'vnet':
      return jail.vnet ? 'new' : 'inherit';
    case 'ip4':
      return jail.modes.ipv4;
    case 'ip6':
      return jail.modes.ipv6;
    case 'ip4.addr':
      return jail.addresses.ipv4.join(',');
    case 'ip6.addr':
      return jail.addresses.ipv6.join(',');
    case 'osrelease':
      return jail.parameters[name] ?? release;
    case 'osreldate':
      return jail.parameters[name] ?? releaseDate(release);
    default:
      return jail.parameters[name] ?? initial;
  }
}

/** 13.2-RELEASE is 1302001. */
function releaseDate(release: string): string {
  const [major = '', minor = ''] = release.split(/[.-]/);
  return `${major}${minor.padStart(2, '0')}001`;
}
