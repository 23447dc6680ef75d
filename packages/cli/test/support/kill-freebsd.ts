/** Models of FreeBSD hosts, to kill klee on: each place is a host of its own, and lives in this process. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { BESIDE } from './freebsd-scenarios.ts';
import { FreebsdWorld } from './freebsd.ts';
import { finished } from './klee.ts';
import type { KillHost, KillPlace } from './kill.ts';
import { buildMortalKlee } from './mortal.ts';
import type { MortalKlee } from './mortal.ts';
import { serveHost } from './remote-host.ts';

export function freebsdKillHost(): KillHost {
  let mortal: MortalKlee | undefined;
  return {
    async prepare() {
      mortal = await buildMortalKlee();
    },
    place: () => openPlace(mortal?.file ?? ''),
    close: async () => mortal?.remove(),
  };
}

/** Only the klee that is killed is a process: the others end as they should. */
async function openPlace(mortal: string): Promise<KillPlace> {
  const world = new FreebsdWorld();
  await world.ok(BESIDE);
  const path = join(world.root, 'host');
  const server = await serveHost(path, () => world.host.process().commands);
  return {
    klee: (words) => world.klee(words),
    async mortal(words, point) {
      const child = spawn(process.execPath, [mortal, ...words], {
        env: {
          ...process.env,
          ...world.environment,
          KLEE_TEST_POINT: String(point),
          KLEE_TEST_HOST: path,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = await finished(child);
      return child.signalCode === 'SIGKILL' ? 'killed' : ended;
    },
    look: async () => JSON.stringify(await world.host.inspect()),
    remains: () => [],
    close() {
      server.close();
      world.remove();
    },
  };
}
