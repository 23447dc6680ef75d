/** Running a container that ends at once: one row for each driver. */
import { subnet } from '../engines/engine.ts';
import { wallTime } from './command.ts';
import { each } from './row.ts';
import type { Goal, Row } from './row.ts';

export function runRow(
  driver: 'ipnet' | 'vnet',
  goals: { readonly node: Goal; readonly file: Goal },
): Row {
  const options = { network: 'first', driver };
  return {
    title: `\`run --rm\` of a no-op on a network, ${driver}`,
    unit: 'ms',
    peer: 'podman',
    goals,
    tasks: each(['node', 'file', 'podman', 'docker'], async (scene) => {
      const engine = await scene.engine();
      return {
        setUp: () => void engine.ok(engine.createNetwork('first', subnet(0))),
        measure: () => wallTime(engine.runOnce(options, 'true')),
        check: () => {
          const found = engine.ok(engine.runOnce(options, 'busybox', 'ip', 'address'));
          if (!found.includes(` ${subnet(0).replace(/0\/24$/, '')}`)) throw new Error(found);
        },
      };
    }),
  };
}
