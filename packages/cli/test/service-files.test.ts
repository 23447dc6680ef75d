/** The files by which FreeBSD's rc(8) and systemd run klee when a host boots and stops. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { Finished } from './support/klee.ts';
import { World } from './support/klee.ts';
import { TOP } from './support/markdown.ts';

const PACKAGE = join(TOP, 'packages/cli');
const RC_SCRIPT = join(PACKAGE, 'etc/rc.d/klee');
const UNIT = join(PACKAGE, 'etc/systemd/klee.service');

const files = suite('service files');
const folder = mkdtempSync(join(tmpdir(), 'klee-service-'));
files.after(() => rmSync(folder, { recursive: true }));

/** Stands in for klee: says how it was called, and ends with the status that it is told. */
const KLEE = `#!/bin/sh
echo "klee $* root=\${KLEE_ROOT-unset} prefix=\${KLEE_COMMAND_PREFIX-unset} path=$PATH"
exit "\${STATUS:-0}"
`;
writeFileSync(join(folder, 'klee'), KLEE, { mode: 0o755 });
const script = readFileSync(RC_SCRIPT, 'utf8');
const subr = join(PACKAGE, 'test/support/rc.subr');
writeFileSync(join(folder, 'rc'), script.replace('. /etc/rc.subr', `. ${subr}`));

/** Runs the rc.d script as rc(8) and service(8) do: with the settings of rc.conf, and next to no environment. */
function service(words: string, settings: Readonly<Record<string, string>>, status = 0): Finished {
  const all = { klee_program: join(folder, 'klee'), ...settings };
  const lines = Object.entries(all).map(([name, value]) => `${name}="${value}"\n`);
  writeFileSync(join(folder, 'rc.conf'), lines.join(''));
  const ended = spawnSync('/bin/sh', [join(folder, 'rc'), ...words.split(' ')], {
    env: {
      RC_CONF: join(folder, 'rc.conf'),
      PATH: '/sbin:/bin:/usr/sbin:/usr/bin',
      STATUS: String(status),
    },
    encoding: 'utf8',
  });
  return { status: ended.status ?? -1, stdout: ended.stdout, stderr: ended.stderr };
}

const PATH = '/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin';
const called = (words: string, root = 'unset', prefix = 'unset'): string =>
  `klee system ${words} root=${root} prefix=${prefix} path=${PATH}\n`;

files('come with the package', () => {
  const manifest = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    readonly files: readonly string[];
  };
  ok(manifest.files.includes('etc'));
});

files('the rc.d script is written for any POSIX shell', () => {
  const { status, stderr } = spawnSync('/bin/sh', ['-n', RC_SCRIPT], { encoding: 'utf8' });
  equal(`${status} ${stderr}`, '0 ');
});

files('the rc.d script does nothing until it is enabled', () => {
  const { status, stdout } = service('start', {});
  equal(status, 0);
  match(stdout, /^Cannot 'start' klee\. Set klee_enable to YES/);
  equal(service('faststop', {}).stdout, '');
});

files('the rc.d script starts, stops, checks and repairs', () => {
  const enabled = { klee_enable: 'YES' };
  deepEqual(
    ['start', 'stop', 'status', 'repair', 'restart'].map((word) => service(word, enabled).stdout),
    [
      `Bringing up the networks and containers of klee.\n${called('up')}`,
      `Taking down the networks and containers of klee.\n${called('down')}`,
      called('check'),
      called('repair'),
      `Taking down the networks and containers of klee.\n${called('down')}` +
        `Bringing up the networks and containers of klee.\n${called('up')}`,
    ],
  );
});

files('the rc.d script asks for the state also where it is not enabled', () => {
  equal(service('status', {}).stdout, called('check'));
  equal(service('onestart', {}).stdout.split('\n')[1], called('up').trimEnd());
});

files('the rc.d script is quiet at boot when rc is told to be', () => {
  const quiet = { klee_enable: 'YES', rc_startmsgs: 'NO' };
  equal(service('faststart', quiet).stdout, called('up'));
});

files('the rc.d script passes on settings and words', () => {
  const settings = {
    klee_enable: 'YES',
    klee_root: '/srv/klee net',
    klee_flags: '--config /etc/klee.json --debug',
    klee_env: 'KLEE_COMMAND_PREFIX=\'[\\"carry\\"]\'',
  };
  equal(
    service('status --format json', settings).stdout,
    called('check --format json --config /etc/klee.json --debug', '/srv/klee net', '["carry"]'),
  );
});

files('the rc.d script fails when klee fails', () => {
  const enabled = { klee_enable: 'YES' };
  for (const word of ['start', 'stop', 'status', 'repair']) {
    equal(service(word, enabled, 1).status, 1, word);
    equal(service(word, enabled, 0).status, 0, word);
  }
  equal(service('start', { ...enabled, klee_program: join(folder, 'nothing') }).status, 1);
});

files('the rc.d script has its place between the network and the end of the boot', () => {
  const words = (keyword: string): string[] =>
    [...script.matchAll(new RegExp(`^# ${keyword}: (.*)$`, 'gm'))].flatMap(([, line = '']) =>
      line.split(' '),
    );
  deepEqual(words('PROVIDE'), ['klee']);
  for (const needed of ['NETWORKING', 'pf', 'ntpd', 'devfs', 'FILESYSTEMS'])
    ok(words('REQUIRE').includes(needed), needed);
  // pf refuses new rules in a high securelevel.
  deepEqual(words('BEFORE'), ['securelevel']);
  deepEqual(words('KEYWORD'), ['nojail', 'shutdown']);
});

files('the unit is right for systemd', () => {
  const verify = spawnSync('systemd-analyze', ['verify', UNIT], { encoding: 'utf8' });
  if (verify.error === undefined) equal(`${verify.status} ${verify.stderr}`, '0 ');
  const unit = parseUnit(readFileSync(UNIT, 'utf8'));
  equal(unit.get('Service.Type'), 'oneshot');
  equal(unit.get('Service.RemainAfterExit'), 'yes');
  equal(unit.get('Install.WantedBy'), 'multi-user.target');
  match(unit.get('Unit.After') ?? '', /network-online\.target.* nftables\.service/);
});

files('the unit and the rc.d script call commands that klee has', async () => {
  const unit = parseUnit(readFileSync(UNIT, 'utf8'));
  const world = new World();
  try {
    const lines = [unit.get('Service.ExecStart'), unit.get('Service.ExecStop')];
    deepEqual(lines, ['/usr/bin/env klee system up', '/usr/bin/env klee system down']);
    for (const words of ['system up', 'system down', 'system check', 'system repair'])
      equal(await world.ok(words), '', words);
  } finally {
    world.remove();
  }
});

/** The assignments of a unit as `Section.Key`; several of one key are joined, as lists are. */
function parseUnit(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section;
    const [, key, value] = /^(\w+)=(.+)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const name = `${section}.${key}`;
    values.set(name, values.has(name) ? `${values.get(name)} ${value}` : value);
  }
  return values;
}

files.run();
