/**
 * A real FreeBSD host, on which klee works from here with a command prefix. It has no packets: how commands end,
 * addresses, `check` and what is left are compared.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoppedError } from '../machine.ts';
import { bootFreebsdHost, settingsOf, wipeFreebsdHost } from './freebsd-host-boot.ts';
import { lookAtFreebsdHost, signsOfUse } from './freebsd-host-look.ts';
import { commandOf } from './freebsd-packets.ts';
import { run } from './processes.ts';
import type { Ended, OnHost } from './processes.ts';
import type { KleeOptions, World } from './world.ts';

const KLEE = join(import.meta.dirname, '../../../../bin/klee');
/** A path here and on the host: klee has the same state directory on both. */
const WORK = '/var/tmp/torture-';
/** How long a command of klee may take, in milliseconds: the host may be an emulated machine. */
const PATIENCE = 600_000;
/** How much longer than on Linux a command takes until it has done as much. */
const SLOWER = 6;

export interface FreebsdHostOptions extends KleeOptions {
  /** The words before each command of the host. */
  readonly prefix: readonly string[];
  /** Ends the walk. */
  readonly signal: AbortSignal;
}

/** Refuses a host that somebody else uses. `close` removes everything that was made, also after a finding. */
export async function openFreebsdHost({
  prefix,
  signal,
  klee: program = KLEE,
}: FreebsdHostOptions): Promise<World> {
  const host: OnHost = (argv, input) =>
    run([...prefix, ...argv], { after: PATIENCE, ...(input === undefined ? {} : { input }) });
  const used = await signsOfUse(host);
  if (used.length > 0)
    throw new StoppedError(
      `a walk takes away what others have on a host, and this one is in use: ${used.join('; ')}`,
    );
  const settings = await settingsOf(host);
  const work = mkdtempSync(WORK);
  const state = join(work, 'state');
  await host(['mkdir', '-p', '-m', '0700', work]);
  const environment = {
    // The prefix may need some of it.
    ...(process.env as Record<string, string>),
    KLEE_ROOT: state,
    KLEE_PLATFORM: 'freebsd',
    KLEE_COMMAND_PREFIX: JSON.stringify(prefix),
  };
  const klee = (words: readonly string[], after = PATIENCE): Promise<Ended> => {
    signal.throwIfAborted();
    const argv = [process.execPath, program, '--format', 'json', ...words];
    return run(argv, { environment, after });
  };

  return {
    system: 'freebsd',
    klee: (words) => klee(words),
    kleeKilled: (words, after) => klee(words, after * SLOWER),
    serverWords: (label) => ['host', ...commandOf(label).split(' ')],
    async killCommand({ name }) {
      const { stdout } = await klee(['container', 'inspect', name]);
      const { id } = (JSON.parse(stdout) as { container: { id: string } }).container;
      const { status } = await host(['pkill', '-KILL', '-j', `klee-${id}`]);
      return status === 0;
    },
    host,
    processes: () => Promise.resolve([]),
    reboot: () => bootFreebsdHost(host, state),
    look: () => lookAtFreebsdHost(host, state),
    async close() {
      await wipeFreebsdHost(host, state, settings);
      await host(['rm', '-rf', work]);
      rmSync(work, { recursive: true, force: true });
    },
  };
}
