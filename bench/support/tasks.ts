/** Tasks that several rows have. */
import { prefix, subnet } from '../engines/engine.ts';
import type { Engine } from '../engines/engine.ts';
import { Plugins } from '../engines/plugins.ts';
import { wallTime } from './command.ts';
import { requireAddress } from './look.ts';
import type { Scene, Task } from './row.ts';

/** An empty Node process: what others are compared with where a command does little. */
export function emptyNode(): Task {
  return { measure: () => wallTime({ argv: [process.execPath, '-e', '0'] }) };
}

/** Two networks, and a running container on the first. */
export async function connectable(scene: Scene): Promise<Engine> {
  const engine = await scene.engine();
  engine.ok(engine.createNetwork('first', subnet(0)));
  engine.ok(engine.createNetwork('second', subnet(1)));
  engine.ok(engine.run('alpha', { network: 'first' }));
  return engine;
}

/** Throws unless the container has an address in each of the networks that `connectable` made. */
export function requireBoth(namespace: string): void {
  for (const index of [0, 1]) requireAddress(namespace, prefix(index));
}

/** The same as `connectable` with the CNI plugins. */
export function connectablePlugins(scene: Scene): Plugins {
  const plugins = new Plugins(scene.directory);
  plugins.makeNetwork('second', subnet(1));
  plugins.makeContainer('alpha');
  return plugins;
}
