/**
 * The drivers that come with klee, as they are packed for npm, and tried as those of strangers are: on the simulated host, on the
 * model of FreeBSD, and on a real Linux host, by root and by an ordinary user.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { DriverReport } from '@kleenet/conformance';
import { trustedFolder } from '../../../host/test/support/plugins.ts';
import { KLEE } from '../support/klee.ts';
import { unpackInto } from '../support/packed.ts';

const test = suite('the drivers of klee, packed');

const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] as const;

function reportOf(folder: string, driver: string, as: readonly string[]): DriverReport {
  const place = join(folder, 'node_modules/@kleenet', `driver-${driver}`);
  const words = [...as, KLEE, 'plugin', 'test', place, '--format', 'json'];
  const { status, stdout, stderr } = spawnSync('env', words, {
    cwd: folder,
    env: { ...process.env, HOME: folder, KLEE_ROOT: join(folder, 'state') },
    encoding: 'utf8',
  });
  deepEqual([status, stderr], [0, '']);
  return JSON.parse(stdout) as DriverReport;
}

/** It takes minutes: each driver once, and each user once, unless ALL_PACKED_DRIVERS is set. */
const ALL = process.env['ALL_PACKED_DRIVERS'] !== undefined;

for (const [who, as, title, drivers] of [
  ['an ordinary user', NOBODY, / without root$/, ALL ? ['ipnet', 'vnet'] : ['vnet']],
  ['root', [], / as root$/, ALL ? ['ipnet', 'vnet'] : ['ipnet']],
] as const) {
  // Root takes no plugin from where others may write, and others cannot read what is root's.
  const folder = as.length > 0 ? mkdtempSync('/tmp/klee-packed-') : trustedFolder();
  test.after(() => rmSync(folder, { recursive: true }));
  unpackInto(
    folder,
    ['core', 'driver-ipnet', 'driver-vnet', 'platform'].map((name) => `packages/${name}`),
  );
  if (as.length > 0) execFileSync('chown', ['-R', '65534:65534', folder]);

  for (const driver of drivers) {
    test(`${driver} is proved on each of its platforms by ${who}`, () => {
      const report = reportOf(folder, driver, as);
      deepEqual([report.driver, report.verdict, report.failed], [driver, 'proved', 0]);
      const [freebsd, linux] = report.platforms;
      deepEqual(
        report.platforms.map(({ platform, verdict }) => [platform, verdict]),
        [
          ['freebsd', 'proved'],
          ['linux', 'proved'],
        ],
      );
      equal(freebsd?.host, 'a model of FreeBSD 13.2-RELEASE');
      match(linux?.host ?? '', title);
      const passed = report.cases.filter(({ result }) => result === 'passed');
      const on = (platform: string): number =>
        passed.filter(({ name }) => name.endsWith(`(${platform})`)).length;
      for (const platform of ['freebsd', 'linux'])
        ok(on(platform) > 25, `${on(platform)} cases passed on ${platform}`);
      // The rest of them are about the driver as such, and about it on the simulated host.
      ok(passed.length - on('freebsd') - on('linux') > 40, 'few cases on the simulated host');
      ok(passed.some(({ name }) => name.startsWith('its package.json names the platforms')));
    });
  }
}

test.run();
