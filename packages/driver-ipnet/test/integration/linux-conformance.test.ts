/** The driver on a real Linux host, in namespaces. */
import { conformanceCases } from '@kleenet/conformance';
import { linuxTestHost } from '@kleenet/linux-host';
import { suite } from 'uvu';
import { ipnet } from '../../src/index.ts';

const test = suite('ipnet keeps the contract on Linux');

for (const { name, needs, skip, run } of conformanceCases(ipnet, {
  hosts: { linux: linuxTestHost },
})) {
  if (!needs.includes('linux host')) continue;
  if (skip === undefined) test(name, run);
  else test.skip(`${name}: ${skip}`, run);
}

test.run();
