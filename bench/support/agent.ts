/**
 * Does the work of one contestant of one row, in namespaces of its own; rounds.ts tells it when. Rows stay apart from each
 * other's firewall rules and state in this way, though their rounds take turns.
 *
 *     agent.ts ROW CONTESTANT POINT DIRECTORY MOST
 */
import { mkdirSync } from 'node:fs';
import { Docker } from '../engines/docker.ts';
import type { Engine } from '../engines/engine.ts';
import { Klee } from '../engines/klee.ts';
import { Podman } from '../engines/podman.ts';
import { ROWS } from '../rows/index.ts';
import type { Answer, Request } from './messages.ts';
import type { Contestant, Scene, Task } from './row.ts';

const [id = '', name = '', point = '', directory = '', most = ''] = process.argv.slice(2);
const contestant = name as Contestant;
let engine: Engine | undefined;
let opened: Promise<void> | undefined;
let task: Task | undefined;
let checked = false;

process.on('message', (request: Request) => {
  answer(request).then(send, (error: unknown) =>
    send({ failed: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit(1));

function send(message: Answer): void {
  process.send?.(message);
}

async function answer(request: Request): Promise<Answer> {
  switch (request) {
    case 'set up':
      await setUp();
      return { done: true };
    case 'round':
      return { value: await round() };
    case 'end':
      await engine?.close();
      // The answer leaves before the process does.
      setImmediate(() => process.disconnect());
      return { done: true };
  }
}

async function setUp(): Promise<void> {
  // Klee keeps its state only where nobody else may look.
  mkdirSync(directory, { mode: 0o700 });
  const scene: Scene = {
    contestant,
    point: Number(point),
    many: (count) => Math.min(count, Number(most)),
    directory,
    engine: openEngine,
  };
  const row = ROWS.get(id);
  const make = row?.tasks[contestant];
  if (row === undefined || make === undefined)
    throw new Error(`${name} is not a contestant of ${id}`);
  task = await make(scene);
  await task.setUp?.();
  if (!row.long) await round();
}

async function round(): Promise<number> {
  if (task === undefined) throw new Error('a round before the set-up');
  await task.before?.();
  const value = await task.measure();
  if (!checked) await task.check?.();
  checked = true;
  await task.after?.();
  return value;
}

async function openEngine(): Promise<Engine> {
  engine ??= engineOf();
  opened ??= engine.open();
  await opened;
  return engine;
}

function engineOf(): Engine {
  switch (contestant) {
    case 'file':
      return new Klee(directory, 'executable');
    case 'podman':
      return new Podman(directory);
    case 'docker':
      return new Docker(directory);
    case 'node':
    case 'plugins':
    case 'empty':
    case 'floor':
      return new Klee(directory, 'node');
  }
}
