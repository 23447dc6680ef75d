/** With `-it`, what nobody types is not passed on to a terminal. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import { newProcess, newWorld } from './support/engine.ts';
import type { Process } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('input of terminals');

const WINDOW = { rows: 24, columns: 80 };
const TYPED = { terminal: { ...WINDOW, input: true } };
const PIPED = { terminal: { ...WINDOW, input: false } };
const WANTED = { image: 'host', command: ['x'], terminal: true, interactive: true } as const;

async function untyped(work: Promise<unknown>): Promise<void> {
  const { message, hint } = await refused(work, 'INVALID_ARGUMENT');
  assert.equal(message, 'the standard input is not a terminal');
  assert.match(hint ?? '', /leave out --tty .*or --interactive/);
}

async function names({ engine }: Process): Promise<readonly string[]> {
  return (await core.listContainers(engine)).map(({ container }) => container.name);
}

for (const [what, attachment] of [
  ['no terminal', 'foreground'],
  ['a pipe beside the terminal', PIPED],
] as const) {
  test(`run is refused with ${what}, and leaves nothing`, async () => {
    const process = newProcess(newWorld());
    await untyped(core.runContainer(process.engine, { ...WANTED, name: 'a' }, attachment));
    assert.deepEqual(await names(process), []);
  });

  test(`start is refused with ${what}, and the container stays as it was`, async () => {
    const { engine } = newProcess(newWorld());
    await core.createContainer(engine, { ...WANTED, name: 'a' });
    await untyped(core.startContainer(engine, 'a', attachment));
    assert.equal((await core.inspectContainer(engine, 'a')).state, 'created');
    await core.startContainer(engine, 'a', 'detached');
  });

  test(`one of the two options is enough with ${what}`, async () => {
    const { engine } = newProcess(newWorld());
    const [terminal, interactive] = [
      { ...WANTED, interactive: false, name: 'a' },
      { ...WANTED, terminal: false, name: 'b' },
    ];
    for (const request of [terminal, interactive])
      await core.runContainer(engine, request, attachment);
  });
}

test('what is typed is passed on', async () => {
  const { engine } = newProcess(newWorld());
  await core.runContainer(engine, { ...WANTED, name: 'a' }, TYPED);
});

test('exec asks the same', async () => {
  const { engine, platform } = newProcess(newWorld());
  platform.sandboxes.exec = () => Promise.resolve({});
  await core.runContainer(engine, { name: 'a', image: 'host', command: ['x'] }, 'detached');
  const both = { container: 'a', command: ['x'], terminal: true, interactive: true } as const;
  await untyped(core.execInContainer(engine, both));
  await untyped(core.execInContainer(engine, { ...both, callerTerminal: PIPED.terminal }));
  await core.execInContainer(engine, { ...both, callerTerminal: TYPED.terminal });
  await core.execInContainer(engine, { ...both, detached: true });
  await core.execInContainer(engine, { ...both, terminal: false });
  await core.execInContainer(engine, { ...both, interactive: false });
});

test.run();
