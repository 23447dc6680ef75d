import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { connectable, requireBoth } from '../support/tasks.ts';

/** A count, and not a time: few rounds are enough. */
export const connectSyncs: Row = {
  title: 'syncs to disk of a connect',
  unit: 'syncs',
  rounds: 3,
  peer: 'podman',
  goals: { node: { limit: 2, of: 'unit' }, file: { limit: 2, of: 'unit' } },
  tasks: each(['node', 'file', 'podman'], async (scene) => {
    const engine = await connectable(scene);
    return {
      measure: () => syncsOf(engine.connect('second', 'alpha'), join(scene.directory, 'trace')),
      check: () => requireBoth(engine.namespaceOf('alpha')),
      after: () => void engine.ok(engine.disconnect('second', 'alpha')),
    };
  }),
};

function syncsOf({ argv, ...command }: Command, trace: string): number {
  const calls = 'trace=fsync,fdatasync,sync,syncfs';
  const strace = ['strace', '-f', '-qq', '-e', calls, '-e', 'signal=none', '-o', trace];
  output({ ...command, argv: [...strace, ...argv] });
  // The end of a call that another thread interrupted has a line of its own.
  const lines = readFileSync(trace, 'utf8').split('\n');
  return lines.filter((line) => /^\d+ +\w+\(/.test(line)).length;
}
