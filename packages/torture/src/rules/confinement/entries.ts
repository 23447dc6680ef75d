/** What restricts a container in its OCI configuration, entry by entry, and the configuration without one of them. Pure. */
import { CALLS32, CAPABILITIES } from './calls.ts';

/** The parts of an OCI configuration that restrict. */
export interface Config {
  root: { path: string };
  process: {
    args: string[];
    capabilities: Record<'bounding' | 'effective' | 'permitted', string[]>;
    noNewPrivileges?: boolean;
  };
  hooks?: unknown;
  mounts: { destination: string; type: string; options: string[] }[];
  linux: {
    namespaces: { type: string; path?: string }[];
    cgroupsPath: string;
    resources: { devices: unknown[] };
    sysctl: Record<string, string>;
    maskedPaths: string[];
    readonlyPaths: string[];
    seccomp?: { architectures?: string[]; syscalls: Syscalls[] };
  };
}

interface Syscalls {
  names: string[];
  args?: { index: number; value: number; op: string }[];
}

/** The parts of the probe. */
export type Part = 'system_calls' | 'abilities' | 'places' | 'namespaces';

export interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly parts: readonly Part[];
  /** A path that the kernel must have, for the entry to have an effect at all. */
  readonly path?: string;
  /** Whether it is about 32-bit programs only. */
  readonly for32?: boolean;
  /** What the probe says that does not count: it shows that the entry is missing, not what it is for. */
  readonly ignored?: RegExp;
  readonly without: (config: Config) => void;
  /** Takes away what restricts the same in another way, to see what the entry does alone. */
  readonly alone?: (config: Config) => void;
}

/** All entries. `held` are the capabilities that this host has to give: it may be a container itself. */
export function entriesOf(
  config: Config,
  held: readonly string[] = CAPABILITIES,
): readonly Entry[] {
  return [
    ...capabilities(config, held),
    ...systemCalls(config, held),
    ...paths(config),
    ...mounts(config),
    ...others(config),
  ];
}

const SETS = ['bounding', 'effective', 'permitted'] as const;

function withCapabilities(held: readonly string[]): (config: Config) => void {
  return ({ process }) => {
    for (const set of SETS) process.capabilities[set] = [...held];
  };
}

function capabilities({ process }: Config, held: readonly string[]): readonly Entry[] {
  const kept = process.capabilities.bounding;
  const parts = ['abilities'] as const;
  return [
    ...kept.map((name): Entry => ({
      name: `the capability ${name}`,
      kind: 'capability that is kept',
      parts,
      ignored: /^Cap(Prm|Eff|Bnd)$/,
      without({ process: { capabilities: sets } }) {
        for (const set of SETS) sets[set] = sets[set].filter((one) => one !== name);
      },
    })),
    ...held
      .filter((name) => !kept.includes(name))
      .map((name): Entry => ({
        name: `the lack of the capability ${name}`,
        kind: 'capability that is dropped',
        parts,
        without({ process: { capabilities: sets } }) {
          for (const set of SETS) sets[set].push(name);
        },
      })),
    ...SETS.map((set): Entry => ({
      name: `the set of ${set} capabilities`,
      kind: 'set of capabilities',
      parts,
      without({ process: { capabilities: sets } }) {
        sets[set] = set === 'bounding' ? [...held] : [];
      },
    })),
  ];
}

function systemCalls({ linux: { seccomp } }: Config, held: readonly string[]): readonly Entry[] {
  const alone = withCapabilities(held);
  const entry = (
    name: string,
    kind: string,
    change: (found: NonNullable<typeof seccomp>) => void,
  ): Entry => ({
    name,
    kind,
    parts: ['system_calls'],
    for32: name.endsWith('SCMP_ARCH_X86') || Object.hasOwn(CALLS32, name.split(' ').at(-1) ?? ''),
    without({ linux }) {
      if (linux.seccomp !== undefined) change(linux.seccomp);
    },
    alone,
  });
  return [
    ...(seccomp?.architectures ?? []).map((name) =>
      entry(`the architecture ${name}`, 'architecture', (found) => {
        found.architectures = (found.architectures ?? []).filter((one) => one !== name);
      }),
    ),
    ...(seccomp?.syscalls ?? []).flatMap(({ names, args = [] }, index) =>
      names.map((name) => {
        const test = args.map(({ op, value }) => ` ${op} ${value}`).join('');
        return entry(`the system call ${name}${test}`, kindOfCall(name, test), (found) => {
          const rule = found.syscalls[index];
          if (rule === undefined) return;
          rule.names = rule.names.filter((one) => one !== name);
          if (rule.names.length === 0) found.syscalls.splice(index, 1);
        });
      }),
    ),
  ];
}

function kindOfCall(name: string, test: string): string {
  return test === '' ? 'system call' : `argument of ${name}`;
}

function paths({ linux: { maskedPaths, readonlyPaths } }: Config): readonly Entry[] {
  return (
    [
      ['maskedPaths', 'masked path', maskedPaths],
      ['readonlyPaths', 'read-only path', readonlyPaths],
    ] as const
  ).flatMap(([key, kind, all]) =>
    all.map((path): Entry => ({
      name: `the ${kind} ${path}`,
      kind,
      parts: ['places'],
      path,
      ignored: /^mount /,
      without({ linux }) {
        linux[key] = linux[key].filter((one) => one !== path);
      },
    })),
  );
}

/** Options that restrict nothing, but say which mount it is. */
const NOT_RESTRICTING = /^(r?bind|rw)$/;

function mounts({ mounts: all }: Config): readonly Entry[] {
  return all.flatMap(({ destination, type, options }, index): Entry[] => {
    const cover = type === 'tmpfs' || destination.startsWith('/etc/') ? (['places'] as const) : [];
    const kind = /^\/(proc|dev|sys)(\/|$)/.test(destination) ? destination : `a ${type} over files`;
    return [
      ...cover.map((part): Entry => ({
        name: `the mount ${destination}`,
        kind: `the mount ${kind}`,
        parts: [part],
        without({ mounts: mounted }) {
          mounted.splice(index, 1);
        },
      })),
      ...options
        .filter((option) => !NOT_RESTRICTING.test(option))
        .map((option): Entry => ({
          name: `the option ${option} of ${destination}`,
          kind: `option ${option} of ${kind}`,
          parts: ['places'],
          without({ mounts: mounted }) {
            const mount = mounted[index];
            if (mount !== undefined) mount.options = options.filter((one) => one !== option);
          },
        })),
    ];
  });
}

function others({ linux: { namespaces, sysctl } }: Config): readonly Entry[] {
  return [
    ...namespaces.map(({ type }): Entry => ({
      name: `the ${type} namespace`,
      kind: 'namespace',
      parts: ['namespaces'],
      without({ linux }) {
        linux.namespaces = linux.namespaces.filter((one) => one.type !== type);
        // They cannot be set in a namespace of the host.
        if (type === 'network') linux.sysctl = {};
      },
    })),
    ...Object.keys(sysctl).map((name): Entry => ({
      name: `the setting ${name}`,
      kind: 'setting',
      parts: ['abilities'],
      without({ linux }) {
        delete linux.sysctl[name];
      },
    })),
    {
      name: 'the rule of devices',
      kind: 'devices',
      parts: ['abilities'],
      without({ linux }) {
        linux.resources.devices = [];
      },
    },
    {
      name: 'no new privileges',
      kind: 'no new privileges',
      parts: ['abilities'],
      without({ process }) {
        delete process.noNewPrivileges;
      },
    },
  ];
}
