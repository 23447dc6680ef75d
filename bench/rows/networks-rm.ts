import { wallTime } from '../support/command.ts';
import { fillNetworks } from '../support/fill.ts';
import { addressesOfHost, requireEqual } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';

export const networksRm: Row = {
  title: '`network rm` of 250 networks',
  unit: 's',
  rounds: 3,
  long: true,
  goals: { node: { limit: 4, of: 'unit' }, file: { limit: 4, of: 'unit' } },
  tasks: each(['node', 'file', 'docker'], async (scene) => {
    const engine = await scene.engine();
    let names: readonly string[] = [];
    return {
      before: async () => {
        names = await fillNetworks(engine, scene.many(250));
      },
      measure: () => wallTime(engine.removeNetworks(...names)) / 1000,
      check: () =>
        requireEqual(
          addressesOfHost().filter((address) => address.startsWith('10.')).length,
          0,
          'gateways left',
        ),
    };
  }),
};
