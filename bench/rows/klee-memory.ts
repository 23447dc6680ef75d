import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '../support/command.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';

/** Not a time: few rounds are enough. */
export const kleeMemory: Row = {
  title: 'peak resident memory of `network ls`',
  unit: 'MiB',
  rounds: 5,
  peer: 'podman',
  goals: {},
  tasks: each(['node', 'file', 'podman', 'docker'], async (scene) => {
    const engine = await scene.engine();
    const said = join(scene.directory, 'time');
    const { argv, ...command } = engine.listNetworks();
    return {
      measure: () => {
        output({ ...command, argv: ['/usr/bin/time', '-f', '%M', '-o', said, ...argv] });
        return Number(readFileSync(said, 'utf8')) / 1024;
      },
    };
  }),
};
