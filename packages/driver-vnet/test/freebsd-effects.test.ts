/** What the driver leaves on a FreeBSD host, by whatever commands: ends in jails, bridges and default routes. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { SiblingEndpoint } from '@kleenet/core/driver';
import { STACKS, SUBNETS } from '../../core/test/support/scripted-freebsd.ts';
import type { Stack } from '../../core/test/support/scripted-freebsd.ts';
import { link, marked, targetOf, worldOf } from './support/freebsd-world.ts';
import type { World } from './support/freebsd-world.ts';

/** Before and after ifconfig and route learnt to work in a jail. */
const RELEASES = ['13.2-RELEASE', '14.1-RELEASE'];

const own = (stack: Stack): SiblingEndpoint => link(SUBNETS[stack]);

/** Another endpoint of the container, `eth1` by default. */
function sibling(stack: Stack, gatewayPriority: number, index = 1): SiblingEndpoint {
  const network = {
    name: `other${index}`,
    ...(stack === 'IPv6' ? {} : { subnet: `10.9.${index}.0/24` }),
    ...(stack === 'IPv4' ? {} : { subnet6: `fd00:9:${index}::/64` }),
  };
  return link(network, { index, gatewayPriority });
}

/** The gateways of these networks, of the families that the stack has. */
const gatewaysOf = (stack: Stack, ipv4: string, ipv6: string): readonly (string | undefined)[] => [
  stack === 'IPv6' ? undefined : ipv4,
  stack === 'IPv4' ? undefined : ipv6,
];
const byOwn = (stack: Stack): readonly (string | undefined)[] =>
  gatewaysOf(stack, '10.10.36.1', 'fd00:36::1');
const byOther = (stack: Stack): readonly (string | undefined)[] =>
  gatewaysOf(stack, '10.9.1.1', 'fd00:9:1::1');

/** Attaches one after the other, each beside those before it. */
async function attachAll(world: World, ...links: readonly SiblingEndpoint[]): Promise<void> {
  for (const [index, one] of links.entries())
    await world.plane.attach(targetOf(one, links.slice(0, index)), world.operation);
}

/** The endpoint is whole: one epair, a member of its bridge, whose other end is in the jail with its addresses. */
async function assertWhole(world: World, one: SiblingEndpoint): Promise<void> {
  const [name = '', ...more] = marked(world, one);
  assert.deepEqual(more, []);
  const [seen] = await world.plane.observe([targetOf(one)]);
  assert.deepEqual(seen, { endpointId: one.endpoint.id, hostInterface: name, problems: [] });
  assert.match(world.run(`ifconfig ${one.network.interface}`), new RegExp(`member: ${name} `));
  const shown = world.inside(`ifconfig ${one.endpoint.interface}`);
  for (const address of Object.values(one.endpoint.addresses))
    assert.equal(shown.split(` ${address} `).length, 2, shown);
}

for (const release of RELEASES) {
  for (const stack of STACKS) {
    const kind = `${release}, ${stack}`;

    test(`attach claims what it makes, and nothing that the plan has: ${kind}`, async () => {
      const one = own(stack);
      const unplanned = worldOf(release, one);
      const planned = unplanned.plane.plan(targetOf(one));
      await attachAll(unplanned, one);
      assert.deepEqual(unplanned.claims, planned);
      const world = worldOf(release, one);
      await world.plane.attach(targetOf(one, [], planned), world.operation);
      assert.deepEqual(world.claims, []);
      await assertWhole(world, one);
    });

    test(`attach that is repeated leaves the epair as it is: ${kind}`, async () => {
      const one = own(stack);
      const world = worldOf(release, one);
      await attachAll(world, one);
      const { nextInterface } = world.host.state;
      const before = marked(world, one);
      await attachAll(world, one);
      assert.equal(world.host.state.nextInterface, nextInterface);
      assert.deepEqual(marked(world, one), before);
      await assertWhole(world, one);
      assert.deepEqual(world.gateways(), byOwn(stack));
    });

    test(`attach goes on where it stopped before the move: ${kind}`, async () => {
      const one = own(stack);
      const world = worldOf(release, one);
      const [claim] = world.plane.plan(targetOf(one));
      world.run(
        `ifconfig ${claim?.name.slice(0, -1)} create group klee description kleenet:endpoint:${one.endpoint.id}`,
      );
      await attachAll(world, one);
      assert.deepEqual(marked(world, one), [claim?.name]);
      await assertWhole(world, one);
      assert.deepEqual(world.gateways(), byOwn(stack));
    });

    test(`attach makes a new epair when the inner end is out of reach: ${kind}`, async () => {
      const one = own(stack);
      const world = worldOf(release, one);
      await attachAll(world, one);
      world.inside(`ifconfig ${one.endpoint.interface} name lost0`);
      await attachAll(world, one);
      await assertWhole(world, one);
      assert.doesNotMatch(world.inside('ifconfig -l'), /lost0/);
      assert.deepEqual(world.gateways(), byOwn(stack));
    });

    test(`attach takes the default route from one of lower priority: ${kind}`, async () => {
      const [one, other] = [own(stack), sibling(stack, -1)];
      const world = worldOf(release, one, other);
      await attachAll(world, other);
      assert.deepEqual(world.gateways(), byOther(stack));
      await attachAll(world, other, one);
      assert.deepEqual(world.gateways(), byOwn(stack));
    });

    test(`attach sets a default route where the one that it replaces is gone: ${kind}`, async () => {
      const [one, other] = [own(stack), sibling(stack, -1)];
      const world = worldOf(release, one, other);
      await attachAll(world, other);
      if (stack !== 'IPv6') world.inside('route -n delete default');
      if (stack !== 'IPv4') world.inside('route -n delete -inet6 default');
      await world.plane.attach(targetOf(one, [other]), world.operation);
      assert.deepEqual(world.gateways(), byOwn(stack));
    });

    test(`attach leaves the default route to one of higher priority: ${kind}`, async () => {
      const [one, other] = [own(stack), sibling(stack, 1)];
      const world = worldOf(release, one, other);
      await attachAll(world, other, one);
      assert.deepEqual(world.gateways(), byOther(stack));
    });

    test(`a sibling that is not there yet does not keep the default route: ${kind}`, async () => {
      const [one, other] = [own(stack), sibling(stack, 1)];
      const world = worldOf(release, one, other);
      await world.plane.attach(targetOf(one, [other]), world.operation);
      assert.deepEqual(world.gateways(), byOwn(stack));
    });

    test(`detach hands the default route to the next: ${kind}`, async () => {
      const [one, other] = [own(stack), sibling(stack, -1)];
      const world = worldOf(release, one, other);
      await attachAll(world, one, other);
      await world.plane.detach(targetOf(one, [other]), world.operation);
      assert.deepEqual(marked(world, one), []);
      assert.deepEqual(world.gateways(), byOther(stack));
    });

    test(`detach hands nothing over when it did not win, or nobody is left: ${kind}`, async () => {
      const [one, winner, leaving] = [own(stack), sibling(stack, 1), sibling(stack, -1)];
      const kept = worldOf(release, one, winner);
      await attachAll(kept, one, winner);
      // The container's own affair: it is not undone by an endpoint that had no route there.
      if (stack !== 'IPv6') kept.inside('route -n delete default');
      if (stack !== 'IPv4') kept.inside('route -n delete -inet6 default');
      await kept.plane.detach(targetOf(one, [winner]), kept.operation);
      assert.deepEqual(kept.gateways(), [undefined, undefined]);
      const left = worldOf(release, one, leaving);
      await attachAll(left, one, leaving);
      await left.plane.detach(targetOf(one, [{ ...leaving, attached: false }]), left.operation);
      assert.deepEqual(left.gateways(), [undefined, undefined]);
    });
  }
}

test('an internal network has no default route', async () => {
  const one = link({ ...SUBNETS['dual stack'], internal: true });
  const world = worldOf('13.2-RELEASE', one);
  await attachAll(world, one);
  await assertWhole(world, one);
  assert.deepEqual(world.gateways(), [undefined, undefined]);
});

test('each family leaves by its own winner', async () => {
  const [one, other] = [own('dual stack'), sibling('IPv4', 1)];
  const world = worldOf('13.2-RELEASE', one, other);
  await attachAll(world, other, one);
  assert.deepEqual(world.gateways(), ['10.9.1.1', 'fd00:36::1']);
});

test('of equal priorities the endpoint that was connected first wins', async () => {
  const [one, older] = [link(SUBNETS.IPv4, { index: 1 }), sibling('IPv4', 0, 0)];
  const world = worldOf('13.2-RELEASE', one, older);
  await attachAll(world, older, one);
  assert.deepEqual(world.gateways(), ['10.9.0.1', undefined]);
});

test.run();
