import { conformanceCases } from '@kleenet/conformance';
import { freebsdTestHost } from '@kleenet/platform/testing';
import { suite } from 'uvu';
import packageJson from '../package.json' with { type: 'json' };
import plugin, { ipnet } from '../src/index.ts';

const test = suite('ipnet keeps the contract');

const hosts = { freebsd: () => freebsdTestHost() };

for (const { name, skip, run } of conformanceCases(ipnet, { plugin, packageJson, hosts })) {
  if (skip === undefined) test(name, run);
  else test.skip(`${name}: ${skip}`, run);
}

test.run();
