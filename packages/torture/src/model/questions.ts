/** What is asked after each step: everybody, of everything that has or had an address. */
import {
  CONTAINER_PORTS,
  HOST,
  HOST_ADDRESS,
  LAN,
  LAN_ADDRESS,
  OUTSIDE,
  OUTSIDE_ADDRESS,
  SERVICE,
} from '../world/places.ts';
import type { Protocol, Question } from '../world/places.ts';
import { gatewayOf, reaches } from './reach.ts';
import type { Answer } from './reach.ts';
import { addressOf } from './state.ts';
import type { Model, Port } from './state.ts';
import { FAMILIES } from './subnets.ts';

/** A question whose answer is known: a server, or nothing. */
export interface Probe extends Question {
  readonly expected: Answer | 'nothing';
}

type Target = Omit<Question, 'from'>;
const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp'];

export function probesOf(model: Model): Probe[] {
  const labels = [...model.containers.values()]
    .filter((one) => one.running)
    .map(({ label }) => label);
  const targets = [...new Map(targetsOf(model).map((one) => [JSON.stringify(one), one])).values()];
  return [HOST, OUTSIDE, ...(hasLan(model) ? [LAN] : []), ...labels].flatMap((from) =>
    targets.flatMap((target) => {
      const question = { from, ...target };
      const expected = reaches(model, question);
      return expected === 'open' ? [] : [{ ...question, expected }];
    }),
  );
}

function targetsOf(model: Model): Target[] {
  const ports = [...model.containers.values()].flatMap((one) => one.ports);
  const hostPorts = [
    ...both(SERVICE),
    ...ports.map(({ host, protocol }: Port) => ({ port: host, protocol })),
    ...(model.taken === undefined ? [] : both(model.taken)),
  ];
  const places = [
    ...Object.values(HOST_ADDRESS),
    ...gateways(model),
    ...(hostPorts.length > 2 ? ['127.0.0.1'] : []),
  ];
  return [
    ...containerAddresses(model).flatMap((address) =>
      CONTAINER_PORTS.flatMap((port) => both(port).map((one) => ({ address, ...one }))),
    ),
    ...model.ghosts.flatMap((address) =>
      both(CONTAINER_PORTS[0]).map((one) => ({ address, ...one })),
    ),
    ...[
      ...Object.values(OUTSIDE_ADDRESS),
      ...(hasLan(model) ? Object.values(LAN_ADDRESS) : []),
    ].flatMap((address) => both(SERVICE).map((one) => ({ address, ...one }))),
    ...places.flatMap((address) => hostPorts.map((one) => ({ address, ...one }))),
  ];
}

/** Whether containers may have addresses in the network that the host is in itself. */
function hasLan(model: Model): boolean {
  return [...model.networks.values()].some(({ type }) => type === 'custom');
}

function both(port: number): Omit<Target, 'address'>[] {
  return PROTOCOLS.map((protocol) => ({ port, protocol }));
}

function containerAddresses(model: Model): string[] {
  return [...model.containers.values()].flatMap(({ endpoints }) =>
    endpoints.flatMap((endpoint) =>
      FAMILIES.flatMap((family) => addressOf(model, endpoint, family) ?? []),
    ),
  );
}

function gateways(model: Model): string[] {
  return [...model.networks.values()].flatMap((network) =>
    FAMILIES.flatMap((family) => gatewayOf(network, family) ?? []),
  );
}

/** What is wrong with an answer, if anything. */
export function judge(
  { expected }: Probe,
  answer: string,
): 'deaf' | 'open' | 'wrong answer' | undefined {
  if (expected === 'nothing') return answer === '' ? undefined : 'open';
  if (answer === '') return 'deaf';
  const [server, sender] = answer.split(' ');
  if (server !== expected.server) return 'wrong answer';
  return expected.sender === undefined || expected.sender === sender ? undefined : 'wrong answer';
}
