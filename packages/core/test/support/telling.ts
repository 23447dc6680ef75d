/** An engine that tells what it does outside the store: locks, and calls of the platform. */
import type { Engine } from '../../src/engine/index.ts';
import type { Platform } from '../../src/platform.ts';

/**
 * Hears each call before it happens, as `sandboxes.stop`; what it throws happens instead. A lock is taken once its promise
 * is fulfilled.
 */
export type Hear = (call: string, ...given: readonly unknown[]) => unknown;

/** More calls than an operation makes that comes to an end. */
const MANY = 1_000;

/** The locks are heard as `lock KEY MODE`, with the patience, and as `unlock KEY` and `discard KEY`. */
export function tellingEngine(engine: Engine, listener: Hear): Engine {
  const { platform } = engine;
  let calls = 0;
  const hear: Hear = (call, ...given) => {
    calls += 1;
    if (calls > MANY) throw new Error(`${call}: it goes on for ever`);
    return listener(call, ...given);
  };
  const telling: Platform = {
    ...told(platform, '', hear),
    networks: told(platform.networks, 'networks.', hear),
    sandboxes: told(platform.sandboxes, 'sandboxes.', hear),
    images: told(platform.images, 'images.', hear),
    firewall: told(platform.firewall, 'firewall.', hear),
    genericDataPlane(capabilities) {
      const plane = platform.genericDataPlane?.(capabilities);
      if (plane === undefined) throw new TypeError('this platform has no data plane of its own');
      return told(plane, '', hear);
    },
  };
  return { ...engine, platform: telling, locks: tellingLocks(engine, hear) };
}

function told<T extends object>(target: T, place: string, hear: Hear): T {
  const methods = Object.entries(target)
    .filter(([, member]) => typeof member === 'function')
    .map(([name, method]: [string, (...given: readonly unknown[]) => unknown]) => [
      name,
      (...given: readonly unknown[]): unknown => {
        hear(`${place}${name}`, ...given);
        return Reflect.apply(method, target, given);
      },
    ]);
  return { ...target, ...Object.fromEntries(methods) };
}

function tellingLocks({ locks }: Engine, hear: Hear): Engine['locks'] {
  return {
    async acquire(request, signal) {
      await hear(`lock ${request.key} ${request.mode}`, request.patience);
      const lock = await locks.acquire(request, signal);
      return {
        release() {
          hear(`unlock ${request.key}`);
          lock.release();
        },
      };
    },
    discard(key) {
      hear(`discard ${key}`);
      locks.discard(key);
    },
  };
}
