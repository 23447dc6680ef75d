import { gateway, subnet } from '../engines/engine.ts';
import { wallTime } from '../support/command.ts';
import { fillNetworks } from '../support/fill.ts';
import { requireGateway } from '../support/look.ts';
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
    return {
      setUp: async () => void (await fillNetworks(engine, scene.point)),
      measure: () => wallTime(engine.createNetwork('another', subnet(scene.point))),
      check: () => requireGateway(gateway(scene.point)),
      after: () => void engine.ok(engine.removeNetworks('another')),
    };
  }),
};
