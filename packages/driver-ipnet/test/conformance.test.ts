import { conformanceCases, importPlugin } from '@kleenet/conformance';
import { freebsdTestHost } from '@kleenet/freebsd-model';
import { suite } from 'uvu';
import packageJson from '../package.json' with { type: 'json' };

// Before anything else imports it.
const imported = await importPlugin(() => import('../src/index.ts'));
const { ipnet } = await import('../src/index.ts');

const test = suite('ipnet keeps the contract');

/** Hosts of FreeBSD that differ in what it takes to work on them. */
const FREEBSD = {
  'FreeBSD 13.2': {},
  'FreeBSD without pf, where jails take a minute to die': { pf: 'missing', dyingTime: 60_000 },
} as const;

for (const [title, options] of Object.entries(FREEBSD)) {
  const hosts = { freebsd: () => freebsdTestHost(options) };
  for (const { name, needs, skip, run } of conformanceCases(ipnet, {
    imported,
    packageJson,
    hosts,
  })) {
    const again = options !== FREEBSD['FreeBSD 13.2'];
    if (again && !needs.includes('freebsd host')) continue;
    const said = again ? name.replace('freebsd', title) : name;
    if (skip === undefined) test(said, run);
    else test.skip(`${said}: ${skip}`, run);
  }
}

test.run();
