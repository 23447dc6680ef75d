/** This Linux host, to kill klee on: as root, in namespaces of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BRIDGE, ok } from './kill.ts';
import type { KillHost, KillPlace } from './kill.ts';
import { LinuxWorld } from './linux.ts';
import { buildMortalKlee } from './mortal.ts';
import type { MortalKlee } from './mortal.ts';

/** Every place is the same host; only the state directories differ. */
export function linuxKillHost(): KillHost {
  const work = mkdtempSync('/run/kleenet-kill-');
  let mortal: MortalKlee | undefined;
  return {
    async prepare() {
      mortal = await buildMortalKlee();
      // Forwarding stays on for good: have it on before the first look at the host.
      const place = openPlace(work, mortal.file);
      await ok(place, ...BRIDGE);
      await ok(place, 'network', 'rm', 'net');
    },
    place: async () => openPlace(work, mortal?.file ?? ''),
    close: async () => mortal?.remove(),
  };
}

/** Only the klee that is killed is a process: the others end as they should. */
function openPlace(work: string, mortal: string): KillPlace {
  const world = new LinuxWorld(work);
  return {
    klee: (words) => world.klee(words),
    async mortal(words, point) {
      const { signal, status, stdout, stderr } = spawnSync(process.execPath, [mortal, ...words], {
        env: { ...process.env, ...world.environment, KLEE_TEST_POINT: String(point) },
        encoding: 'utf8',
        timeout: 60_000,
      });
      return signal === 'SIGKILL' ? 'killed' : { status: status ?? -1, stdout, stderr };
    },
    look: async () => host(),
    remains: cgroupsOf,
    close: () => world.remove(),
  };
}

function host(): string {
  const ask = (...argv: readonly string[]): string =>
    spawnSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8' }).stdout;
  const interfaces = ask('ip', '-o', 'link')
    .replace(/^\d+: /gm, '')
    .replace(/ (state|qdisc) \S+/g, '');
  const routes =
    ask('ip', '-4', 'route', 'show', 'table', 'all') +
    ask('ip', '-6', 'route', 'show', 'table', 'all');
  const neighbours = ask('ip', 'neighbour', 'show', 'proxy');
  const mounts = ask('sh', '-c', 'grep -c kleenet-kill /proc/self/mounts || true');
  return [
    interfaces,
    ask('ip', 'netns', 'list'),
    routes,
    neighbours,
    mounts,
    ask('nft', 'list', 'ruleset'),
    ask('sh', '-c', 'pgrep -a runc || true'),
  ].join('\n');
}

/** Control groups are shared with whoever else runs klee on this machine: only those of these containers count. */
function cgroupsOf(ids: readonly string[]): readonly string[] {
  return readdirSync('/sys/fs/cgroup').flatMap((controller) =>
    ids
      .map((id) => join('/sys/fs/cgroup', controller, 'kleenet', id))
      .filter((path) => existsSync(path)),
  );
}
