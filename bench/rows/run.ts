import { prefix, subnet } from '../engines/engine.ts';
import type { Driver } from '../engines/engine.ts';
import { wallTime } from '../support/command.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';

const GOALS: Readonly<Record<Driver, Row['goals']>> = {
  ipnet: { node: { limit: 0.8, of: 'podman' }, file: { limit: 0.6, of: 'podman' } },
  vnet: { node: { limit: 0.85, of: 'podman' }, file: { limit: 0.65, of: 'podman' } },
};

/** Of a container that ends at once. */
export function run(driver: Driver): Row {
  const options = { network: 'first', driver };
  return {
    title: `\`run --rm\` of a no-op on a network, ${driver}`,
    unit: 'ms',
    peer: 'podman',
    goals: GOALS[driver],
    tasks: each(['node', 'file', 'podman', 'docker'], async (scene) => {
      const engine = await scene.engine();
      return {
        setUp: () => void engine.ok(engine.createNetwork('first', subnet(0))),
        measure: () => wallTime(engine.runOnce(options, 'true')),
        check: () => {
          const found = engine.ok(engine.runOnce(options, 'busybox', 'ip', 'address'));
          if (!found.includes(` ${prefix(0)}`)) throw new Error(found);
        },
      };
    }),
  };
}
