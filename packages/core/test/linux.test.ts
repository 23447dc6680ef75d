/** What data planes on Linux get: names and marks that rules and clean-up know, and what ip(8) says. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { hasCode } from '../src/errors.ts';
import {
  LINK_GROUP,
  hostInterface,
  isGone,
  isMarked,
  isThere,
  kindOfHostInterface,
  links,
  neighbours,
  parseIp,
  routes,
} from '../src/linux.ts';

const ID = '0a1b2c3d4e5f';

test('a name says the kind of an interface, and fits the kernel', () => {
  for (const kind of ['port', 'link'] as const) {
    const name = hostInterface(kind, ID);
    assert.equal(name.length, 15);
    assert.equal(kindOfHostInterface(name), kind);
  }
  for (const other of ['eth0', 'kln0a1b2c3d4e5f', 'kle0', 'kle0A1B2C3D4E5F', 'klc0a1b2c3d4e5f0'])
    assert.equal(kindOfHostInterface(other), undefined, other);
});

test('the mark is a group, or one that is being deleted', () => {
  assert.ok(isMarked({ group: LINK_GROUP }));
  assert.ok(isMarked({ group: String(27500 * 0x10000 + 7) }));
  for (const group of ['default', '0', '27501', String(27501 * 0x10000), undefined])
    assert.ok(!isMarked({ group }), group);
});

/** As iproute2 6.1 prints it for `ip -j -d -batch -`. */
const PRINTED = `[{"ifname":"eth0","flags":["UP"],"mtu":1500,"group":"default","addr_info":[{"local":"10.1.0.2","prefixlen":24}]}]
[{"type":"unicast","dst":"10.1.0.0/24","dev":"eth0","protocol":"kernel","flags":[]}]

[{"dst":"10.1.0.1","dev":"eth0","lladdr":"02:00:00:00:00:01","state":["PERMANENT"]},{"dst":"10.1.0.9","dev":"eth0","proxy":null}]
`;

test('answers of a batch are one list, in which each object is of one kind', () => {
  const objects = parseIp(PRINTED);
  assert.deepEqual(
    [links(objects), routes(objects), neighbours(objects)].map((list) => list.length),
    [1, 1, 2],
  );
  assert.throws(
    () => parseIp('Object "x" is unknown'),
    (error) => hasCode(error, 'PLATFORM_COMMAND_FAILED'),
  );
});

test('what is gone and what is there is told from failures', () => {
  for (const said of [
    'Cannot find device "klx"',
    'RTNETLINK answers: No such process',
    'Error: ipv4: Address not found.',
    'Cannot open network namespace "klee-0a1b2c3d4e5f": No such file or directory',
    'setting the network namespace "klee-0a1b2c3d4e5f" failed: Invalid argument',
  ])
    assert.ok(isGone(said) && !isThere(said), said);
  for (const said of ['RTNETLINK answers: File exists', 'Error: ipv4: Address already assigned.'])
    assert.ok(isThere(said) && !isGone(said), said);
  for (const said of ['', 'RTNETLINK answers: Operation not permitted', 'Error: argument'])
    assert.ok(!isThere(said) && !isGone(said), said);
});

test.run();
