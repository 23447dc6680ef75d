import type { Argv, Clock, CommandRunner, Logger } from './command.ts';
import { BUILTIN_PLUGIN } from './builtin/drivers.ts';
import type { Engine } from './engine/context.ts';
import { emptyContainer } from './injection.ts';
import type { Platform } from './platform.ts';
import type { PluginSource } from './plugin.ts';
import { DriverRegistry } from './registry.ts';
import type { RejectedPlugin } from './registry.ts';
import type { Locks, Store } from './store.ts';

/** The parts that an application supplies. */
export interface EngineParts {
  readonly store: Store;
  readonly locks: Locks;
  readonly platform: Platform;
  /** Passed to drivers. */
  readonly commands: CommandRunner;
  /** In order of precedence; the built-in drivers come before them. */
  readonly plugins: readonly PluginSource[];
  /** Plugins that were found but skipped. Default: none. */
  readonly rejectedPlugins?: readonly RejectedPlugin[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly purpose: string;
  /** In milliseconds. */
  readonly patience: number;
  readonly reap: Argv;
  readonly awaitOrphans?: NonNullable<Engine['awaitOrphans']>;
  readonly forgetReadings?: NonNullable<Engine['forgetReadings']>;
}

const PARTS = Symbol.for('@kleenet/core:parts');
const REGISTRY = Symbol.for('@kleenet/core:registry');
const ENGINE = Symbol.for('@kleenet/core:engine');

/** Wires the application. */
export function composeEngine(parts: EngineParts): Engine {
  const injection = emptyContainer();
  injection.register<EngineParts>(PARTS, { useValue: parts });
  injection.register<DriverRegistry>(REGISTRY, {
    useFactory: (c) => {
      const { plugins, rejectedPlugins = [] } = c.resolve<EngineParts>(PARTS);
      return new DriverRegistry([BUILTIN_PLUGIN, ...plugins], { rejected: rejectedPlugins });
    },
  });
  injection.register<Engine>(ENGINE, {
    useFactory: (c) => {
      const { plugins: _, rejectedPlugins: __, ...rest } = c.resolve<EngineParts>(PARTS);
      return {
        ...rest,
        registry: c.resolve<DriverRegistry>(REGISTRY),
        cutOff: new Set<string>(),
        rebound: new Set<string>(),
      };
    },
  });
  return injection.resolve<Engine>(ENGINE);
}
