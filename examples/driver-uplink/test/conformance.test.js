// Every rule of the driver contract is a test, on each platform: on Linux in namespaces of this machine, on a model of FreeBSD. They
// run what was built: that is what users will install.
import { test } from 'node:test';
import { conformanceCases } from '@kleenet/conformance';
import { freebsdTestHost } from '@kleenet/freebsd-model';
import { linuxHosts } from '@kleenet/linux-host';
import plugin, { uplink } from '../dist/index.js';
import packageJson from '../package.json' with { type: 'json' };

const hosts = { freebsd: freebsdTestHost, ...linuxHosts() };
const untried = { linux: 'this process is not in namespaces of its own: run npm test' };

for (const { name, skip, run } of conformanceCases(uplink, {
  plugin,
  packageJson,
  hosts,
  untried,
})) {
  test(name, { skip: skip ?? false }, run);
}
