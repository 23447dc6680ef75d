/** Commands that have the user's streams: which signals are theirs, and when klee leaves them. */
import { deepEqual, equal } from 'node:assert/strict';
import { suite } from 'uvu';
import type { Context } from '../src/context.ts';
import { foreground, waitForCommand } from '../src/commands/container/foreground.ts';
import { Signals } from '../src/signals.ts';

interface Bench {
  readonly context: Context;
  readonly signals: Signals;
  readonly notes: string[];
  readonly passed: string[];
}

const test = suite<Bench>('foreground');

test.before.each((bench) => {
  const notes: string[] = [];
  const signals = new Signals((line) => notes.push(line));
  const context = {
    output: { note: (line: string) => notes.push(line) },
    forwardSignals: (receiver: (name: string) => void) => signals.forward(receiver),
    callerTerminal: () => Promise.resolve(undefined),
  } as unknown as Context;
  Object.assign(bench, { context, signals, notes, passed: [] });
});

function endless({ passed }: Bench) {
  return {
    exited: new Promise<number>(() => {}),
    signal: (name: string) => void passed.push(name),
  };
}

test('a command that goes on is left with the third Ctrl-C', async (bench) => {
  const { context, signals, notes, passed } = bench;
  const waiting = waitForCommand(context, endless(bench));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGINT']) signals.receive(name);
  equal(await waiting, 130);
  deepEqual(passed, ['SIGINT', 'SIGTERM', 'SIGINT', 'SIGHUP']);
  deepEqual(notes, ['warning: the command keeps running without this terminal']);
});

test('Ctrl-C that are hours apart all belong to the command', async (bench) => {
  const { context, signals, notes, passed } = bench;
  let now = 0;
  const waiting = waitForCommand(context, endless(bench), () => now);
  for (const time of [0, 4000, 9000, 12_000, 60_000]) {
    now = time;
    signals.receive('SIGINT');
  }
  equal(passed.length, 5);
  deepEqual(notes, []);
  for (const time of [61_000, 62_000]) {
    now = time;
    signals.receive('SIGINT');
  }
  equal(await waiting, 130);
});

test('a command that ends is not left', async ({ context, signals, notes }) => {
  let end: ((status: number) => void) | undefined;
  const exited = new Promise<number>((resolve) => (end = resolve));
  const waiting = waitForCommand(context, { exited, signal: () => end?.(7) });
  signals.receive('SIGINT');
  equal(await waiting, 7);
  deepEqual(notes, []);
});

test('the size of the window is news for a command, and for nobody else', async (bench) => {
  bench.signals.resize();
  equal(bench.signals.interruptedBy, undefined);
  const waiting = waitForCommand(bench.context, endless(bench));
  bench.signals.resize();
  deepEqual(bench.passed, ['SIGWINCH']);
  for (const name of ['SIGINT', 'SIGINT', 'SIGINT']) bench.signals.receive(name);
  await waiting;
});

test('it is said that there is no terminal, to those who want one', async ({ context, notes }) => {
  equal(await foreground(context, false), 'foreground');
  equal(await foreground(context, undefined), 'foreground');
  deepEqual(notes, []);
  equal(await foreground(context, true), 'foreground');
  equal(notes.length, 1);
  const terminal = { rows: 33, columns: 77, input: true };
  const on = { ...context, callerTerminal: () => Promise.resolve(terminal) };
  deepEqual(await foreground(on, true), { terminal });
  equal(notes.length, 1);
});

test.run();
