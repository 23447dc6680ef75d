/** The OCI configuration of a run: the restrictions of its command. Pure. */
import type { Container, Mount, Sandbox } from '@kleenet/core';
import { containerCommand, environment } from '../container/command.ts';
import type { ContainerUser } from '../container/user.ts';
import type { HostImageRequest, OciMount } from './host-image.ts';
import { hostImageMounts } from './host-image.ts';
import { controlGroup } from './runtime.ts';
import { seccompProfile } from './seccomp.ts';
import type { SeccompProfile } from './seccomp.ts';

interface OciHook {
  readonly path: string;
  readonly args: readonly string[];
}

interface ConsoleSize {
  readonly height: number;
  readonly width: number;
}

export interface OciConfig {
  readonly ociVersion: string;
  readonly process: {
    readonly terminal: boolean;
    readonly consoleSize?: ConsoleSize;
    readonly user: {
      readonly uid: number;
      readonly gid: number;
      readonly additionalGids: readonly number[];
    };
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly cwd: string;
    readonly capabilities: Readonly<
      Record<'bounding' | 'effective' | 'permitted', readonly string[]>
    >;
    readonly noNewPrivileges: boolean;
  };
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname: string;
  readonly mounts: readonly OciMount[];
  readonly hooks: { readonly poststart: readonly OciHook[] };
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
    readonly cgroupsPath: string;
    readonly resources: {
      readonly devices: readonly { readonly allow: boolean; readonly access: string }[];
    };
    readonly sysctl: Readonly<Record<string, string>>;
    readonly maskedPaths: readonly string[];
    readonly readonlyPaths: readonly string[];
    readonly seccomp: SeccompProfile;
  };
}

export interface OciConfigRequest {
  readonly container: Container;
  readonly runId: string;
  readonly sandbox: Sandbox;
  readonly rootfs: string;
  readonly user: ContainerUser;
  /** Of the caller's terminal, if any: the initial size of the terminal. */
  readonly window: { readonly rows: number; readonly columns: number } | undefined;
  readonly startedHook: OciHook;
  /** Files of the host that replace the container's. */
  readonly files: readonly {
    readonly source: string;
    readonly target: string;
    /** For files of the container's own. */
    readonly writable?: boolean;
  }[];
  /** For the built-in image only. */
  readonly hostImage: HostImageRequest | undefined;
  /** By Node's name. */
  readonly architecture: string;
}

export function ociConfig(request: OciConfigRequest): OciConfig {
  const { container, sandbox, user } = request;
  const capabilities = capabilitiesOf(sandbox);
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: container.terminal,
      ...(container.terminal ? consoleSize(request.window) : {}),
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      args: containerCommand(container),
      env: environment({
        container,
        env: container.env,
        home: user.home,
        terminal: container.terminal,
      }),
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges: true,
    },
    root: { path: request.rootfs, readonly: false },
    hostname: container.name,
    mounts: [
      ...systemMounts(),
      ...(request.hostImage === undefined ? [] : hostImageMounts(request.hostImage)),
      ...request.files.map(fileMount),
      ...container.mounts.map(userMount),
    ],
    hooks: { poststart: [request.startedHook] },
    annotations: { 'org.kleenet.container': container.id, 'org.kleenet.run': request.runId },
    linux: {
      namespaces: namespaces(sandbox),
      cgroupsPath: controlGroup(container.id),
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      sysctl: sandbox.stack === 'host' ? {} : OWN_STACK_SYSCTLS,
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      seccomp: seccompProfile(request.architecture),
    },
  };
}

/** The part of a process that says how large its terminal is. */
export function consoleSize(
  window: OciConfigRequest['window'],
): Pick<OciConfig['process'], 'consoleSize'> {
  if (window === undefined) return {};
  return { consoleSize: { height: window.rows, width: window.columns } };
}

/** Docker's capabilities, without raw sockets for containers that must use their own addresses only. */
function capabilitiesOf({ stack }: Sandbox): readonly string[] {
  const dangerous = stack === 'own' ? [] : ['CAP_NET_RAW'];
  return DEFAULT_CAPABILITIES.filter((capability) => !dangerous.includes(capability));
}

const DEFAULT_CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
  'CAP_AUDIT_WRITE',
];

function namespaces({ name, stack }: Sandbox): OciConfig['linux']['namespaces'] {
  const own = ['pid', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type }));
  return stack === 'host' ? own : [...own, { type: 'network', path: namespacePath(name) }];
}

/** The directory of named network namespaces of ip-netns(8). */
function namespacePath(name: string): string {
  return `/run/netns/${name}`;
}

/** Docker's settings: low ports and ping need no privilege in the container's own stack. */
const OWN_STACK_SYSCTLS = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};

function systemMounts(): readonly OciMount[] {
  const flags = ['nosuid', 'noexec', 'nodev'];
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: flags },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: [...flags, 'size=65536k'],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: flags },
    // Always a new one, which shows the container's network namespace. The host's own would include its control groups,
    // and a read-only bind mount does not make those read-only.
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro', ...flags] },
  ];
}

function fileMount({
  source,
  target,
  writable = false,
}: OciConfigRequest['files'][number]): OciMount {
  return {
    destination: target,
    type: 'none',
    source,
    options: ['bind', writable ? 'rw' : 'ro', 'nosuid', 'nodev', 'noexec'],
  };
}

function userMount({ source, target, readOnly }: Mount): OciMount {
  return {
    destination: target,
    type: 'none',
    source,
    options: ['rbind', 'rprivate', readOnly ? 'ro' : 'rw'],
  };
}

const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
