/** klee as a library in this process. */
import { setMaxListeners } from 'node:events';
import { FIRST_PARTY } from '../../packages/cli/src/first-party.ts';
import { openEngine, readSettings } from '../../packages/host/src/index.ts';
import type { OpenedEngine } from '../../packages/host/src/index.ts';
import { bundledOnly } from '../../packages/host/src/plugins/index.ts';
import { KLEE } from '../engines/klee.ts';

/** @param root - the state directory */
export async function openLibrary(root: string): Promise<OpenedEngine> {
  const { env, pid, platform: system } = process;
  const environment = { PATH: env['PATH'] };
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return openEngine({
    settings: await readSettings({ platform: 'linux', root }, environment, system),
    plugins: bundledOnly(FIRST_PARTY),
    environment,
    system,
    pid,
    uid: process.geteuid?.() ?? -1,
    user: () => undefined,
    signal,
    dryRun: false,
    logger: { debug: () => undefined, warn: (message) => process.emitWarning(message) },
    show: () => undefined,
    verbose: false,
    purpose: 'bench',
    self: [KLEE],
  });
}
