// Every rule of the driver contract is a test. They run what was built: that is what users will install.
import { test } from 'node:test';
import { conformanceCases } from '@kleenet/conformance';
import plugin, { driver } from '../dist/index.js';
import packageJson from '../package.json' with { type: 'json' };

for (const { name, skip, run } of conformanceCases(driver, { plugin, packageJson })) {
  test(name, { skip: skip ?? false }, run);
}
