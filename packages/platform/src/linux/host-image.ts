/** The built-in image: the host's own file system, without its secrets and without what is private to it. Pure. */
import type { Mount } from '@kleenet/core';
import type { OciMount } from './oci-mount.ts';

/** Private places instead of the host's; other file systems of the host are not in an overlay over `/`. */
export function hostImageMounts(hostMounts: readonly string[]): readonly OciMount[] {
  const fresh = (destination: string, mode: string): OciMount => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'nodev', `mode=${mode}`],
  });
  return [
    ...hostMounts.map((path) => ({
      destination: path,
      type: 'none',
      source: path,
      options: ['bind', 'ro', 'nosuid', 'nodev'],
    })),
    fresh('/run', '755'),
    fresh('/tmp', '1777'),
    fresh('/var/tmp', '1777'),
    fresh('/root', '700'),
    fresh('/home', '755'),
  ];
}

/** The directories of programs and libraries that a host may have as file systems of their own. */
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

/** The runtime masks after it has mounted: what the user mounts at such a place is not the host's secret. */
export function secretsToMask(dataDirectory: string, mounts: readonly Mount[]): readonly string[] {
  const covers = (path: string): boolean =>
    mounts.some(({ target }) => target === path || target.startsWith(`${path}/`));
  return [dataDirectory, ...HOST_SECRETS].filter((path) => !covers(path));
}

/** What of a host its containers must not read. What is not there is skipped by the runtime. */
const HOST_SECRETS = [
  '/var/lib/kleenet',
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/etc/security/opasswd',
  '/etc/sudoers',
  '/etc/sudoers.d',
  '/etc/doas.conf',
  '/etc/ssh',
  '/etc/ssl/private',
  '/etc/pki/tls/private',
  '/etc/letsencrypt',
  '/etc/wireguard',
  '/etc/openvpn',
  '/etc/ipsec.secrets',
  '/etc/swanctl',
  '/etc/ppp',
  '/etc/wpa_supplicant',
  '/etc/NetworkManager/system-connections',
  '/etc/netplan',
  '/etc/systemd/network',
  '/etc/krb5.keytab',
  '/etc/crypttab',
  '/etc/cryptsetup-keys.d',
  '/etc/kubernetes',
  '/etc/docker',
  '/etc/containers/auth.json',
  '/etc/credstore',
  '/etc/credstore.encrypted',
  '/etc/mysql/debian.cnf',
  '/etc/machine-id',
  '/boot',
  '/var/backups',
  '/var/cache/debconf',
  '/var/lib/cloud',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/docker',
  '/var/lib/iwd',
  '/var/lib/kubelet',
  '/var/lib/NetworkManager',
  '/var/lib/private',
  '/var/lib/sss',
  '/var/lib/systemd',
  '/var/log',
  '/var/mail',
  '/var/spool',
];
