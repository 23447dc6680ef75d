import { subnet } from '../engines/engine.ts';
import { wallTime } from '../support/command.ts';
import { fillNetworks } from '../support/fill.ts';
import { addressesOfHost } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';

export const networksCreate: Row = {
  title: '`network create` beside other networks',
  unit: 'ms',
  long: true,
  points: { of: 'networks', at: [2, 252] },
  goals: { node: { limit: 1.15, of: 'first point' }, file: { limit: 1.15, of: 'first point' } },
  tasks: each(['node', 'file', 'docker'], async (scene) => {
    const engine = await scene.engine();
    const addresses = subnet(scene.point);
    return {
      setUp: async () => void (await fillNetworks(engine, scene.point)),
      measure: () => wallTime(engine.createNetwork('another', addresses)),
      check: () => {
        if (!addressesOfHost().includes(addresses.replace(/0\/24$/, '1')))
          throw new Error(`the host does not have the gateway of ${addresses}`);
      },
      after: () => void engine.ok(engine.removeNetworks('another')),
    };
  }),
};
