/** This Linux host, to kill klee on: as root, in namespaces of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BRIDGE, ok } from './kill.ts';
import type { KillHost, KillPlace } from './kill.ts';
import type { Finished } from './klee.ts';
import { buildMortalKlee } from './mortal.ts';
import type { MortalKlee } from './mortal.ts';

const KLEE = join(import.meta.dirname, '../../../../bin/klee');

/** Every place is the same host; only the state directories differ. */
export function linuxKillHost(): KillHost {
  const work = mkdtempSync('/run/kleenet-kill-');
  let mortal: MortalKlee | undefined;
  return {
    async prepare() {
      mortal = await buildMortalKlee();
      // Forwarding stays on for good: have it on before the first look at the host.
      const place = placeAt(join(work, 'first'), mortal.file);
      await ok(place, ...BRIDGE);
      await ok(place, 'network', 'rm', 'net');
    },
    place: async (name) => placeAt(join(work, name), mortal?.file ?? ''),
    close: async () => mortal?.remove(),
  };
}

function placeAt(root: string, mortal: string): KillPlace {
  return {
    klee: async (words) => finishedOf(run(root, KLEE, words)),
    async mortal(words, point) {
      const ended = run(root, mortal, words, point);
      return ended.signal === 'SIGKILL' ? 'killed' : finishedOf(ended);
    },
    look: async () => host(),
    remains: cgroupsOf,
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(root: string, program: string, words: readonly string[], point?: number): Ended {
  const env = {
    ...process.env,
    KLEE_ROOT: root,
    ...(point === undefined ? {} : { KLEE_TEST_POINT: String(point) }),
  };
  return spawnSync(process.execPath, [program, ...words], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

function finishedOf({ status, stdout, stderr }: Ended): Finished {
  return { status: status ?? -1, stdout, stderr };
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
