import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { buildNetwork } from '@kleenet/core/testing';
import { macvlan } from '../dist/index.js';

/** A network on the uplink of a host, with the addresses of its routers held back. */
function lan(parts = {}) {
  return buildNetwork({
    type: 'custom',
    subnet: '192.0.2.0/24',
    subnet6: '2001:db8::/64',
    exclude: ['192.0.2.1', '2001:db8::1'],
    ...parts,
  });
}

function issues(network, options, addresses = {}) {
  const request = { addresses, gatewayPriority: 0, options };
  return macvlan
    .validateEndpoint(network, request)
    .map(({ path, message }) => `${path}: ${message}`);
}

const FINE = [
  { what: 'no gateway', options: {} },
  { what: 'a gateway that nobody can lease', options: { gateway: '192.0.2.1' } },
  {
    what: 'gateways of both families',
    options: { gateway: '192.0.2.1', gateway6: '2001:db8::1' },
  },
  { what: 'a link-local gateway', options: { gateway6: 'fe80::1' } },
  {
    what: 'an address beside the gateway',
    options: { gateway: '192.0.2.1' },
    addresses: { ipv4: '192.0.2.7' },
  },
];

for (const { what, options, addresses } of FINE)
  test(`${what} is fine`, () => deepEqual(issues(lan(), options, addresses), []));

test('an internal network is not for it: klee refuses that by what it declares', () =>
  deepEqual(macvlan.capabilities.internalOn, []));

const REFUSED = [
  {
    what: 'a gateway elsewhere',
    options: { gateway: '198.51.100.1' },
    problem: /gateway: .* is not in 192\.0\.2\.0\/24/,
  },
  {
    what: 'an IPv6 gateway elsewhere',
    options: { gateway6: '2001:db8:1::1' },
    problem: /gateway6: .* is not in/,
  },
  {
    what: 'a gateway that could be leased',
    options: { gateway: '192.0.2.2' },
    problem: /create the network with --exclude 192\.0\.2\.2/,
  },
  {
    what: 'the address asked for, written otherwise',
    options: { gateway6: '2001:0db8:0::1' },
    addresses: { ipv6: '2001:db8::1' },
    problem: /is the address that the container asks for/,
  },
  {
    what: 'a gateway of a family that is not there',
    network: buildNetwork({ type: 'custom', subnet: '192.0.2.0/24' }),
    options: { gateway6: '2001:db8::1' },
    problem: /has no ipv6 subnet/,
  },
];

for (const { what, network = lan(), options, addresses, problem } of REFUSED) {
  test(`${what} is refused`, () => {
    const found = issues(network, options, addresses);
    equal(found.length, 1);
    match(found[0], problem);
  });
}

const TEXTS = [
  { option: 'gateway', text: '192.0.2.1', fine: true },
  { option: 'gateway', text: '2001:db8::1', fine: false },
  { option: 'gateway', text: '192.0.2.1 dev eth1', fine: false },
  { option: 'gateway6', text: '2001:db8::1', fine: true },
  { option: 'gateway6', text: '192.0.2.1', fine: false },
  { option: 'gateway6', text: 'fe80::1%eth1', fine: false },
];

for (const { option, text, fine } of TEXTS) {
  test(`${option}=${text} is ${fine ? 'fine' : 'refused'}`, () =>
    equal(macvlan.options[option].check(text) === undefined, fine));
}
