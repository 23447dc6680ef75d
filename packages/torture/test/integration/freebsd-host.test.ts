/** Walks on a FreeBSD host behind a command prefix, which is a model here; and what they refuse, find and leave. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { serveFreebsdHost } from '@kleenet/freebsd-model/program';
import type { ServedHost } from '@kleenet/freebsd-model/program';
import { StoppedError } from '../../src/machine.ts';
import type { Walked } from '../../src/walk/findings.ts';
import { takeWalkOnHost } from '../../src/walk/on-host.ts';
import type { Step } from '../../src/walk/steps/step.ts';
import { run } from '../../src/world/processes.ts';
import { container, network } from '../support/steps.ts';

const STEPS: readonly Step[] = [
  network(1),
  { ...container('box1'), starts: 'on boot' } as Step,
  { do: 'boot' },
  { do: 'container killed', name: 'box1' } as Step,
];

async function onHost(work: (host: ServedHost) => Promise<void>): Promise<void> {
  const host = await serveFreebsdHost({ kill });
  try {
    await work(host);
  } finally {
    host.dispose();
  }
}

/** It may have ended by itself. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function takeWalk(prefix: readonly string[], steps: readonly Step[]): Promise<Walked> {
  return takeWalkOnHost({ prefix, steps }, () => undefined);
}

function left(host: ServedHost): unknown {
  const { jails, mounts, environment, files, stacks } = host.state();
  const interfaces = stacks[0]?.interfaces.map(({ name }) => name);
  return structuredClone({
    jails,
    targets: mounts.map(({ target }) => target),
    environment,
    files,
    interfaces,
    forwards: Object.values(stacks[0]?.sysctls ?? {}).includes('1'),
  });
}

test('a walk on a host behind a prefix, which is as before then', () =>
  onHost(async (host) => {
    const before = left(host);
    const { counts, finding } = await takeWalk(host.prefix, STEPS);
    assert.equal(finding, undefined, JSON.stringify(finding));
    assert.deepEqual(counts, { steps: STEPS.length, packets: 0 });
    assert.deepEqual(left(host), before);
  }));

test('it finds an address that the host does not get, and removes what is there', () =>
  onHost(async (host) => {
    const before = left(host);
    const forgets =
      'for word; do shift; [ "$word" != 10.77.1.1/29 ] || word=10.77.1.6/29; set -- "$@" "$word"; done; exec "$0" "$@"';
    const { finding } = await takeWalk(['sh', '-c', forgets, ...host.prefix], STEPS);
    assert.equal(finding?.kind, 'check', JSON.stringify(finding));
    assert.match(finding?.text ?? '', /10[.]77[.]1[.]1/);
    assert.deepEqual(left(host), before);
  }));

test('it refuses a host that is in use, and touches nothing there', () =>
  onHost(async (host) => {
    const group = ['ifconfig', 'lo', 'create', 'group', 'klee', 'name', 'kln0123456789ab'];
    await run([...host.prefix, ...group]);
    const before = left(host);
    await assert.rejects(takeWalk(host.prefix, STEPS), (error) => {
      assert.ok(error instanceof StoppedError);
      assert.match(error.message, /in use: interface of klee: kln0123456789ab/);
      return true;
    });
    assert.deepEqual(left(host), before);
  }));

test.run();
