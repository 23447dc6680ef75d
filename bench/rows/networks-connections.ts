import { LARGE, fillNetworks } from '../support/fill.ts';
import { connectionRate, pairOn } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

/** The network of the containers comes last. Its rules do not depend on klee's runtime, so one stands for both. */
export const networksConnections: Row = {
  title: 'new TCP connections with the rules of other networks',
  unit: 'per s',
  moreIsBetter: true,
  long: true,
  points: { of: 'networks', at: [0, 250, 1000] },
  goals: { file: { limit: 0.98, of: 'first point' } },
  tasks: {
    file: async (scene) => {
      const engine = await scene.engine();
      await fillNetworks(engine, scene.point);
      engine.ok(engine.createNetwork(LARGE.name, LARGE.subnet));
      return connectionRate(pairOn(engine, LARGE.name, 'ipnet'));
    },
  },
};
