/** The parameters of a container's jail: those that klee sets, and those that its user may add. Pure. */
import type { Container, Issue, Stack } from '@kleenet/core';
import { jailName } from './names.ts';

/** The devfs(8) ruleset that hides the host's devices from a jail: `devfsrules_jail` in devfs.rules(5). */
export const DEVFS_RULESET = '4';

/** The jail(8) parameters of a kind of network stack. None for `restricted`: addresses come with its endpoints. */
const STACKS: Readonly<Record<Stack, readonly string[]>> = {
  own: ['vnet'],
  restricted: [],
  host: ['ip4=inherit', 'ip6=inherit'],
  none: ['ip4=disable', 'ip6=disable'],
};

/** The arguments of `jail -c`. */
export function jailParameters(container: Container, rootfs: string): readonly string[] {
  const { id, name, stack, jailParameters: added } = container;
  const ownName = added.some((parameter) => parseParameter(parameter)?.name === 'host.hostname');
  return [
    `name=${jailName(id)}`,
    `path=${rootfs}`,
    ...(ownName ? [] : [`host.hostname=${name}`]),
    `devfs_ruleset=${DEVFS_RULESET}`,
    'persist',
    ...STACKS[stack],
    ...added,
  ];
}

/** Whether processes of the container can mount: then the container controls the names of mounts below its root. */
export function canMount({ jailParameters: added }: Pick<Container, 'jailParameters'>): boolean {
  return added.map(parseParameter).some((parsed) => {
    return parsed !== undefined && !isOff(parsed) && parsed.name.startsWith('allow.mount');
  });
}

/** Problems of the user's parameters, one issue each. */
export function checkJailParameters(parameters: readonly string[], stack: Stack): readonly Issue[] {
  const seen = new Set<string>();
  return parameters.flatMap((text) => {
    const parsed = parseParameter(text);
    const reason =
      parsed === undefined
        ? 'write it as NAME or NAME=VALUE'
        : (refusal(parsed, stack) ?? (seen.has(parsed.name) ? 'it is given twice' : undefined));
    if (parsed !== undefined) seen.add(parsed.name);
    return reason === undefined
      ? []
      : [
          {
            path: 'jailparam',
            message: `the jail parameter ${quoted(text)} is refused: ${reason}`,
          },
        ];
  });
}

interface Parameter {
  /** Without the negating `no`. */
  readonly name: string;
  readonly isNegated: boolean;
  readonly value: string | undefined;
}

const PARAMETER = /^(?<name>[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)(?:=(?<value>[\x20-\x7e]*))?$/;

/** `NAME` or `NAME=VALUE`; the `no` precedes the last part of the name, as in `allow.nomount`. */
function parseParameter(text: string): Parameter | undefined {
  const { name, value } = PARAMETER.exec(text)?.groups ?? {};
  if (name === undefined) return undefined;
  const positive = name.replace(/(^|\.)no([a-z_]+)$/, '$1$2');
  if (positive !== name && SWITCHES.has(positive))
    return { name: positive, isNegated: true, value };
  return { name, isNegated: false, value };
}

/** To jail(8), a `no` with the value `false` would be the contrary of a `no`. */
function isOff({ isNegated, value }: Parameter): boolean {
  return isNegated ? value === undefined : value === 'false' || value === '0';
}

/** Boolean parameters without an effect outside the jail. */
const SWITCHES: ReadonlySet<string> = new Set([
  'allow.chflags',
  'allow.extattr',
  'allow.mlock',
  'allow.mount',
  'allow.mount.fdescfs',
  'allow.mount.fusefs',
  'allow.mount.linprocfs',
  'allow.mount.linsysfs',
  'allow.mount.nullfs',
  'allow.mount.procfs',
  'allow.mount.tmpfs',
  'allow.mount.zfs',
  'allow.quotas',
  'allow.raw_sockets',
  'allow.read_msgbuf',
  'allow.reserved_ports',
  'allow.set_hostname',
  'allow.setaudit',
  'allow.socket_af',
  'allow.suser',
  'allow.unprivileged_parent_tampering',
  'allow.unprivileged_proc_debug',
  'allow.vmm',
  'ip4.saddrsel',
  'ip6.saddrsel',
]);

/** Parameters with a value, and their permitted values. */
const VALUES: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    enforce_statfs: /^[012]$/,
    host: /^new$/,
    'host.domainname': /^[\w.-]{0,255}$/,
    'host.hostid': /^\d{1,10}$/,
    'host.hostname': /^[\w.-]{1,255}$/,
    'host.hostuuid': /^[0-9a-fA-F-]{1,63}$/,
    linux: /^(?:new|inherit|disable)$/,
    'linux.osname': /^[\w.-]{1,64}$/,
    'linux.osrelease': /^[\w.-]{1,64}$/,
    'linux.oss_version': /^\d{1,10}$/,
    osreldate: /^\d{1,10}$/,
    osrelease: /^[\w.-]{1,31}$/,
    securelevel: /^-?[0-3]$/,
    sysvmsg: /^(?:new|disable)$/,
    sysvsem: /^(?:new|disable)$/,
    sysvshm: /^(?:new|disable)$/,
  }),
);

const KLEE_SETS = 'klee sets it itself';
const ADDRESSES = 'addresses come with networks: use --network, --ip and --ip6';
const ON_HOST = 'it runs commands as root on the host';
const MOUNTS = 'use --mount, so that klee knows what to unmount';
const HOST_IPC = 'it would share the memory and messages of the host and its other containers';
const NO_CHILDREN = 'klee would not see what runs in jails inside a container';
const READ_ONLY = 'it is read-only: the kernel sets it';

/** Refused parameters, with the reason; a name that ends with a dot stands for all that begin with it. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['name', KLEE_SETS],
  ['jid', KLEE_SETS],
  ['path', KLEE_SETS],
  ['persist', KLEE_SETS],
  ['nopersist', KLEE_SETS],
  ['vnet', 'the driver decides about the network stack: use --driver'],
  ['novnet', 'the driver decides about the network stack: use --driver'],
  ['vnet.', ADDRESSES],
  ['ip4', ADDRESSES],
  ['ip6', ADDRESSES],
  ['ip4.', ADDRESSES],
  ['ip6.', ADDRESSES],
  ['interface', ADDRESSES],
  ['ip_hostname', ADDRESSES],
  ['noip_hostname', ADDRESSES],
  ['command', 'the command of a container comes after its image'],
  ['exec.', ON_HOST],
  ['mount', MOUNTS],
  ['mount.', MOUNTS],
  ['zfs.', MOUNTS],
  ['depend', 'klee starts and stops containers by itself'],
  ['stop.', 'use klee stop --time'],
  ['allow.dying', KLEE_SETS],
  ['allow.sysvipc', HOST_IPC],
  ['allow.mount.devfs', 'a container has the devices that klee gives it, and no others'],
  ['allow.nfsd', "an NFS server in a container would serve the host's files"],
  ['allow.adjtime', "the clock is the host's"],
  ['allow.settime', "the clock is the host's"],
  ['allow.routing', 'a container of the driver vnet has routes of its own'],
  ['devfs_ruleset', `klee mounts /dev with ruleset ${DEVFS_RULESET}, and checks what it shows`],
  ['children.', NO_CHILDREN],
  ['parent', READ_ONLY],
  ['dying', READ_ONLY],
  ['cpuset.', READ_ONLY],
];

/** Resources that `inherit` would share. */
const SHARED: ReadonlyMap<string, string> = new Map([
  ['host', 'a container has a host name of its own: set it with host.hostname'],
  ['sysvmsg', HOST_IPC],
  ['sysvsem', HOST_IPC],
  ['sysvshm', HOST_IPC],
]);

function refusal({ name, isNegated, value }: Parameter, stack: Stack): string | undefined {
  if (SWITCHES.has(name)) {
    if (name.startsWith('ip') && stack === 'own')
      return 'it is about addresses that a stack of its own does not share';
    if (isNegated && value !== undefined) return `it has no value: write it without, or ${name}=…`;
    return value === undefined || /^(?:true|false|[01])$/.test(value)
      ? undefined
      : 'its value is true or false, or 1 or 0';
  }
  const form = VALUES.get(name);
  if (form !== undefined) {
    if (value === undefined) return 'it needs a value, as NAME=VALUE';
    if (form.test(value)) return undefined;
    return (value === 'inherit' ? SHARED.get(name) : undefined) ?? 'its value has the wrong form';
  }
  const known = REFUSED.find(([refused]) =>
    refused.endsWith('.') ? name.startsWith(refused) : name === refused,
  );
  return known?.[1] ?? 'klee does not know it';
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
