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

/** With a second FIB that leads somewhere. */
function hostWithFib() {
  const host = freebsdTestHost();
  for (const line of [
    'sysctl net.fibs=2',
    'ifconfig ext0 fib 1',
    'ifconfig ext0 inet 192.0.2.10/24',
    'ifconfig ext0 inet6 2001:db8::10/64',
    'route -n add default 192.0.2.1 -fib 1',
    'route -n add -inet6 default 2001:db8::1 -fib 1',
  ])
    host.host.run(line.split(' '));
  return host;
}

const ownNetworks = conformanceCases(uplink, {
  hosts: { freebsd: hostWithFib },
  networkOptions: { table: '1' },
});
for (const { name, group, needs, skip, run } of ownNetworks)
  if (needs.includes('freebsd host') && ['networks', 'checks'].includes(group))
    test(`${name}, with a table`, { skip: skip ?? false }, run);
