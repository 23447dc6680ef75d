/**
 * The built-in image: those parts of the host's own file system that programs need. An overlay over `/` shows one file
 * system only, and a container's root may read all of it; so files that only root may read, and every place that is not
 * known to hold programs or their configuration, are covered by something empty.
 */
import type { CommandRunner } from '@kleenet/core';
import { scriptArgv } from '../runner/script.ts';
import { LOOK } from './scripts/embedded.ts';

/** An entry of `mounts` in an OCI configuration. */
export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** Private directories in place of the host's, with their modes. */
const FRESH: Readonly<Record<string, string>> = {
  '/run': '755',
  '/tmp': '1777',
  '/var/tmp': '1777',
  '/root': '700',
  '/home': '755',
};

/**
 * The visible directories of `/`, and those that are made for each container. Others there hold data, or another
 * system.
 */
const SHOWN = new Set([
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/libexec',
  '/usr',
  '/opt',
  '/nix',
  '/gnu',
  '/etc',
  '/var',
  '/dev',
  '/proc',
  '/sys',
]);

/** The only state that programs share: on some systems certificates of authorities are generated there. */
const SHOWN_STATE = '/var/lib/ca-certificates';

/** World-readable files and directories of the host that must be hidden all the same. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  'accounts, and what they may do': [
    '/etc/shadow',
    '/etc/shadow-',
    '/etc/gshadow',
    '/etc/gshadow-',
    '/etc/security/opasswd',
    '/etc/sudoers',
    '/etc/sudoers.d',
    '/etc/doas.conf',
    '/etc/polkit-1/rules.d',
    '/usr/share/polkit-1/rules.d',
  ],
  'private keys': [
    '/etc/ssh',
    '/etc/ssl/private',
    '/etc/pki/tls/private',
    '/etc/letsencrypt',
    '/etc/krb5.keytab',
    '/etc/crypttab',
    '/etc/cryptsetup-keys.d',
    '/etc/credstore',
    '/etc/credstore.encrypted',
  ],
  'keys and passwords of networks': [
    '/etc/wireguard',
    '/etc/openvpn',
    '/etc/ipsec.secrets',
    '/etc/swanctl',
    '/etc/ppp',
    '/etc/wpa_supplicant',
    '/etc/NetworkManager/system-connections',
    '/etc/netplan',
    '/etc/systemd/network',
  ],
  'access to other services': [
    '/etc/kubernetes',
    '/etc/docker',
    '/etc/containers/auth.json',
    '/etc/mysql/debian.cnf',
    '/usr/local/etc',
  ],
  'which host this is': ['/etc/machine-id'],
};

/** The covered paths of this host, and the paths shown again below them. */
export interface HostView {
  readonly hidden: readonly { readonly path: string; readonly directory: boolean }[];
  readonly shown: readonly string[];
}

/** The parts of this host that its containers see. */
export async function viewHost(commands: CommandRunner, dataDirectory: string): Promise<HostView> {
  const secrets = Object.values(SECRETS).flat();
  const argv = scriptArgv(LOOK, [dataDirectory, SHOWN_STATE, ...secrets]);
  return parseView((await commands.read(argv)).stdout);
}

/** The found paths that need their own cover. Pure. */
export function parseView(text: string): HostView {
  const found = text.split('\0').map((record) => [record.slice(0, 1), record.slice(2)] as const);
  const types = new Map(
    found.flatMap(([type, path]) => (needsNoCover(type, path) ? [] : [[path, type]])),
  );
  const covered = new Set([
    ...Object.keys(FRESH),
    ...[...types].flatMap(([path, type]) => (type === 'd' ? [path] : [])),
  ]);
  return {
    hidden: [...types]
      .filter(([path]) => !parents(path).some((parent) => covered.has(parent)))
      .map(([path, type]) => ({ path, directory: type === 'd' })),
    shown: found.flatMap(([type, path]) => (type === '+' ? [path] : [])),
  };
}

function needsNoCover(type: string, path: string): boolean {
  return type === '' || type === '+' || SHOWN.has(path) || Object.hasOwn(FRESH, path);
}

function parents(path: string): readonly string[] {
  const names = path.split('/');
  return names.slice(2).map((_, index) => names.slice(0, index + 2).join('/'));
}

export interface HostImageRequest {
  /** Program directories on separate file systems: an overlay over `/` does not show them. */
  readonly hostMounts: readonly string[];
  readonly view: HostView;
}

/** The mounts over the host's files. The user's mounts come later, and cover these. */
export function hostImageMounts({ hostMounts, view }: HostImageRequest): readonly OciMount[] {
  return [
    ...hostMounts.map((path) => show(path)),
    ...Object.entries(FRESH).map(([path, mode]) => empty(path, mode)),
    ...view.hidden.map(({ path, directory }) => (directory ? empty(path, '755') : nothing(path))),
    ...view.shown.map((path) => show(path)),
  ];
}

function show(path: string): OciMount {
  return {
    destination: path,
    type: 'none',
    source: path,
    options: ['bind', 'ro', 'nosuid', 'nodev'],
  };
}

function empty(path: string, mode: string): OciMount {
  return {
    destination: path,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'nodev', `mode=${mode}`],
  };
}

/** An always empty device in place of a file, as runtimes mask files. */
function nothing(path: string): OciMount {
  return { destination: path, type: 'none', source: '/dev/null', options: ['bind', 'ro'] };
}

/** Directories of programs and libraries that may be separate file systems. */
const PROGRAM_MOUNTS = [
  '/usr',
  '/usr/local',
  '/opt',
  '/nix',
  '/nix/store',
  '/gnu/store',
  '/lib/modules',
];

/** Which of them a table of mounts (proc_pid_mounts(5)) has, outer ones first. */
export function programMounts(mounts: string): readonly string[] {
  const mounted = new Set(mounts.split('\n').map((line) => line.split(' ')[1]));
  return PROGRAM_MOUNTS.filter((path) => mounted.has(path));
}
