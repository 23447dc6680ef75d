import { conformanceCases } from '@kleenet/conformance';
import { freebsdTestHost } from '@kleenet/platform/testing';
import { suite } from 'uvu';
import packageJson from '../package.json' with { type: 'json' };
import plugin, { vnet } from '../src/index.ts';

const test = suite('vnet keeps the contract');

const hosts = { freebsd: () => freebsdTestHost() };

for (const { name, skip, run } of conformanceCases(vnet, { plugin, packageJson, hosts })) {
  if (skip === undefined) test(name, run);
  else test.skip(`${name}: ${skip}`, run);
}

test.run();
