/** Who reaches whom, as docs/firewall.md and docs/networks.md say it. Pure. */
import { LAN_SUBNET, addressIn, familyOf, subnetOf } from './subnets.ts';
import type { Family } from './subnets.ts';
import {
  HOST,
  HOST_ADDRESS,
  LAN,
  LAN_ADDRESS,
  LAN_HOST_ADDRESS,
  OUTSIDE,
  OUTSIDE_ADDRESS,
  SERVICE,
  TAKER,
} from '../world/places.ts';
import type { Question } from '../world/places.ts';
import { addressOf, defaultEndpoint, isFirstOfHost, networkOf, portEndpoint } from './state.ts';
import type { Container, Endpoint, Model, Network } from './state.ts';

const LOOPBACK = '127.0.0.1';

/** Which server must answer, and from where it must think to be asked, if that is said anywhere. */
export interface Answer {
  readonly server: string;
  readonly sender?: string;
}

/** `nothing`: no answer may come. `open`: the documents do not say. */
export type Expectation = Answer | 'nothing' | 'open';

/** What must come of a question. */
export function reaches(model: Model, question: Question): Expectation {
  const { address, from } = question;
  const family = familyOf(address);
  const asker = runningAs(model, from);
  if (address === LOOPBACK) return loopback(model, question);
  if (address === HOST_ADDRESS[family]) return hostItself(model, question, family, asker);
  if (address === OUTSIDE_ADDRESS[family])
    return asker === undefined ? 'open' : leaving(model, asker, family);
  if (address === LAN_ADDRESS[family])
    return asker === undefined ? 'open' : toLan(model, asker, family);
  if (address === LAN_HOST_ADDRESS[family]) return 'open';
  const gateway = networkWithGateway(model, address, family);
  if (gateway !== undefined) return gatewayAsked(model, question, gateway, asker);
  const target = holder(model, address, family);
  if (target === undefined) return 'nothing';
  if (asker !== undefined) return betweenContainers(model, question, asker, target);
  return from === HOST
    ? fromHost(model, target, question)
    : fromOutside(model, question, target, family);
}

export function runningAs(model: Model, label: string): Container | undefined {
  return [...model.containers.values()].find((one) => one.label === label && one.running);
}

interface Target {
  readonly container: Container;
  readonly endpoint: Endpoint;
}

/** The running container that has an address. */
function holder(model: Model, address: string, family: Family): Target | undefined {
  for (const container of model.containers.values()) {
    if (!container.running) continue;
    const endpoint = container.endpoints.find((one) => addressOf(model, one, family) === address);
    if (endpoint !== undefined) return { container, endpoint };
  }
  return undefined;
}

export function gatewayOf(network: Network, family: Family): string | undefined {
  if (!network.gateway || !network.families.includes(family)) return undefined;
  return addressIn(subnetOf(network.subnet, family), 1);
}

function networkWithGateway(model: Model, address: string, family: Family): Network | undefined {
  return [...model.networks.values()].find((network) => gatewayOf(network, family) === address);
}

/** Whether the container publishes this port of its own at this endpoint. */
function isOpen(
  model: Model,
  { container, endpoint }: Target,
  { from, port, protocol, address }: Question,
): boolean {
  return (
    portEndpoint(model, container, familyOf(address)) === endpoint &&
    container.ports.some(
      (one) =>
        one.container === port &&
        one.protocol === protocol &&
        // At its own address it is open to containers, too.
        (one.on === undefined || from !== LAN),
    )
  );
}

function betweenContainers(
  model: Model,
  question: Question,
  asker: Container,
  target: Target,
): Expectation {
  const family = familyOf(question.address);
  const server = target.container.label;
  if (asker === target.container) return { server, sender: question.address };
  const beside = asker.endpoints.find((one) => one.network === target.endpoint.network);
  if (beside !== undefined) {
    const other = model.system === 'freebsd' ? besideOnFreebsd(model, asker, target) : undefined;
    if (other !== undefined) return other;
    const passes = networkOf(model, beside.network).icc || isOpen(model, target, question);
    return passes ? seen(server, addressOf(model, beside, family)) : 'nothing';
  }
  const way = defaultEndpoint(model, asker, family);
  if (way === undefined || !isOpen(model, target, question)) return 'nothing';
  if (defaultEndpoint(model, target.container, family) === undefined) return 'open';
  return seen(server, senderAt(model, way, target.container, family));
}

/** Where docs/vnet.md says something else of members of one network. */
function besideOnFreebsd(
  model: Model,
  asker: Container,
  { container, endpoint }: Target,
): 'nothing' | 'open' | undefined {
  const { icc, gateway } = networkOf(model, endpoint.network);
  const stacks = [asker.driver, container.driver].filter((driver) => driver === 'vnet').length;
  // The bridge passes nothing from one private member to another, not even to a published port.
  if (stacks === 2 && !icc) return 'nothing';
  // The host, whose routes `ipnet` uses, may have none to a network in which it has no address.
  return stacks === 1 && !gateway ? 'open' : undefined;
}

function seen(server: string, sender: string | undefined): Answer {
  return sender === undefined ? { server } : { server, sender };
}

/** A container that could answer past the host, on a network of its own with the asker, sees an address of the host. */
function senderAt(
  model: Model,
  way: Endpoint,
  target: Container,
  family: Family,
): string | undefined {
  const shares = target.endpoints.some((one) => one.network === way.network);
  return shares ? undefined : addressOf(model, way, family);
}

/** A port of the host that a container publishes, or that a program of the host has. */
function published(
  model: Model,
  { from, port, protocol }: Question,
  family: Family,
): Answer | 'nothing' | 'open' {
  const taker = model.taken === port ? { server: TAKER } : 'nothing';
  for (const container of model.containers.values()) {
    const leads = container.ports.some(
      (one) =>
        one.host === port &&
        one.protocol === protocol &&
        (one.on === undefined || from === OUTSIDE),
    );
    if (!leads || !container.running) continue;
    const untranslated =
      model.system === 'freebsd' && untranslatedOnFreebsd(model, from, container);
    if (untranslated !== false) return untranslated;
    if (portEndpoint(model, container, family) === undefined) return taker;
    // Without a default route it answers to some, and the documents do not say to whom.
    if (defaultEndpoint(model, container, family) === undefined) return 'open';
    return { server: container.label };
  }
  return taker;
}

/** The host itself, and `ipnet` on its stack, do not reach `vnet` by a published port (docs/freebsd.md). */
function untranslatedOnFreebsd(
  model: Model,
  from: string,
  { driver }: Container,
): 'nothing' | 'open' | false {
  const onHost = from === HOST || runningAs(model, from)?.driver === 'ipnet';
  if (onHost && driver === 'vnet') return 'nothing';
  return from === HOST ? 'open' : false;
}

/** From the host itself, IPv4 only. */
function loopback(model: Model, question: Question): Expectation {
  if (model.system === 'freebsd') return 'open';
  if (question.from !== HOST || question.port === SERVICE) return 'open';
  return published(model, question, 'ipv4');
}

function hostItself(
  model: Model,
  question: Question,
  family: Family,
  asker: Container | undefined,
): Expectation {
  const way = asker === undefined ? undefined : defaultEndpoint(model, asker, family);
  if (asker !== undefined && way === undefined) return 'nothing';
  const sender =
    way === undefined ? machine(question.from)?.[family] : addressOf(model, way, family);
  if (question.port === SERVICE) return seen(HOST, sender);
  const expected = published(model, question, family);
  if (typeof expected === 'string') return expected;
  const target = runningAs(model, expected.server);
  if (way === undefined || target === undefined) return seen(expected.server, sender);
  if (isTurnedOnBridge(model, asker, target)) return 'open';
  return seen(expected.server, senderAt(model, way, target, family));
}

/**
 * Where bridged packets pass the IP firewall, the kernel translates on the bridge already what is to come back to it: the
 * documents name what does not work then.
 */
function isTurnedOnBridge(model: Model, asker: Container | undefined, target: Container): boolean {
  if (!model.bridgesFilter || asker?.driver !== 'vnet' || target.driver !== 'vnet') return false;
  return asker.endpoints.some((one) =>
    target.endpoints.some((other) => other.network === one.network),
  );
}

/** The addresses of a machine beside the host. */
function machine(label: string): { readonly [F in Family]: string } | undefined {
  if (label === OUTSIDE) return OUTSIDE_ADDRESS;
  return label === LAN ? LAN_ADDRESS : undefined;
}

/** To the machine in the host's own network: for containers that have no address there it is as any machine outside. */
function toLan(model: Model, asker: Container, family: Family): Expectation {
  const lan = [...model.networks.values()].find(
    ({ subnet, families }) => subnet === LAN_SUBNET && families.includes(family),
  );
  const own = asker.endpoints.find(({ network }) => network === lan?.name);
  if (own !== undefined) return lan?.internal ? 'open' : seen(LAN, addressOf(model, own, family));
  const way = defaultEndpoint(model, asker, family);
  if (way === undefined) return 'nothing';
  const { nat } = networkOf(model, way.network);
  return seen(LAN, nat ? LAN_HOST_ADDRESS[family] : addressOf(model, way, family));
}

function leaving(model: Model, asker: Container, family: Family): Expectation {
  const way = defaultEndpoint(model, asker, family);
  if (way === undefined) return 'nothing';
  const { nat } = networkOf(model, way.network);
  return seen(OUTSIDE, nat ? HOST_ADDRESS[family] : addressOf(model, way, family));
}

function gatewayAsked(
  model: Model,
  question: Question,
  network: Network,
  asker: Container | undefined,
): Expectation {
  if (asker === undefined) return 'open';
  const family = familyOf(question.address);
  const own = asker.endpoints.find((one) => one.network === network.name);
  if (question.port === SERVICE)
    return own === undefined ? 'nothing' : seen(HOST, addressOf(model, own, family));
  if (own === undefined) return 'open';
  const expected = network.internal ? 'nothing' : published(model, question, family);
  const target = typeof expected === 'string' ? undefined : runningAs(model, expected.server);
  return target !== undefined && isTurnedOnBridge(model, asker, target) ? 'open' : expected;
}

function fromHost(
  model: Model,
  { container, endpoint }: Target,
  { address, protocol }: Question,
): Expectation {
  const family = familyOf(address);
  const network = networkOf(model, endpoint.network);
  if (model.system === 'freebsd' && container.driver === 'vnet' && !network.gateway) return 'open';
  // Without a default route the container answers to the host's address in the subnet only, if the host asks from there.
  const answers =
    asksFromWithin(network, family) || defaultEndpoint(model, container, family) !== undefined;
  // Asked from another network's address of the host, a server with several addresses answers by UDP from any of them.
  const isAnother = !network.gateway && defaultEndpoint(model, container, family) !== endpoint;
  return answers && (protocol === 'tcp' || !isAnother) ? { server: container.label } : 'open';
}

/** The route to a container of a bridge names the gateway; IPv6 chooses what is nearest. */
function asksFromWithin(network: Network, family: Family): boolean {
  return isFirstOfHost(network) && (network.type === 'bridge' || family === 'ipv6');
}

function fromOutside(
  model: Model,
  question: Question,
  target: Target,
  family: Family,
): Expectation {
  const { icc, internal, type } = networkOf(model, target.endpoint.network);
  const sender = machine(question.from)?.[family];
  const isNeighbour = question.from === LAN && type === 'custom';
  if (isNeighbour && icc && !internal) return seen(target.container.label, sender);
  if (isNeighbour) return 'open';
  if (!isOpen(model, target, question)) return 'nothing';
  if (defaultEndpoint(model, target.container, family) === undefined) return 'open';
  return seen(target.container.label, sender);
}
