/** The commands of a user that meet faults: what is there before each, and what takes it back afterwards. */
import { beginRun } from '../model/state.ts';
import type { Model, Wish } from '../model/state.ts';
import type { Needs } from './limits.ts';
import type { Step } from '../walk/steps/step.ts';

/** A command that is not a step of walks. */
export interface Plain extends Step {
  readonly do: 'command';
  readonly words: readonly string[];
  /** What it does to the model. */
  readonly effect?: 'all stop' | 'all start' | 'box3 goes' | 'net3 goes';
}

/** A step of a walk with its parameters, or a plain command. */
export type Move = Step & Record<string, unknown>;

export interface Scenario extends Needs {
  readonly before: readonly Move[];
  readonly move: Move;
  readonly after: readonly Move[];
  /** What the command may be refused with once it is done. */
  readonly done: readonly string[];
  /** Whether it has to do with every container, and not only with box3. */
  readonly concernsAll?: boolean;
}

const BOTH = ['ipv4', 'ipv6'];
const PLAIN = { families: BOTH, nat: true, icc: true, internal: false, gateway: true };

const network = (name: string, subnet: number, type: string): Move => ({
  do: 'create network',
  name,
  subnet,
  type,
  ...PLAIN,
});

const container = (
  what: 'run' | 'create',
  name: string,
  driver: string,
  wishes: readonly Wish[],
  port?: number,
): Move => ({
  do: what,
  name,
  driver,
  starts: 'on boot',
  wishes,
  ports: port === undefined ? [] : [{ host: port, container: 5000, protocol: 'tcp' }],
});

/** Fixed addresses: after a failure others would come next. */
const at = (net: string, number: number): Wish => ({ network: net, ipv4: number, ipv6: number });
const plain = (words: string, effect?: Plain['effect']): Move => ({
  do: 'command',
  words: words.split(' '),
  ...(effect === undefined ? {} : { effect }),
});

/** What is there in every scenario: containers that the commands have nothing to do with. */
export const BASE: readonly Move[] = [
  network('net1', 1, 'bridge'),
  network('net2', 2, 'loopback'),
  container('run', 'box1', 'ipnet', [at('net1', 2)], 8001),
  container('run', 'box2', 'vnet', [at('net1', 3)]),
];

const NET3 = network('net3', 3, 'bridge');
const IPNET = [at('net1', 4), at('net2', 4)];
const VNET = [at('net1', 5)];
const box3 = (what: 'run' | 'create', driver: 'ipnet' | 'vnet'): Move =>
  container(what, 'box3', driver, driver === 'ipnet' ? IPNET : VNET, 8003);
const GONE: readonly Move[] = [{ do: 'remove by force', name: 'box3' }];
const one = (what: string): Move => ({ do: what, name: 'box3' });
const IMAGE_GONE: readonly Move[] = [plain('image rm picture')];

/** Where a directory and an archive of it are, to make images from. */
export const SOURCE = '/run/picture';
const IMPORT = plain(`image import picture ${SOURCE}`);

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'network create, bridge': {
    before: [],
    move: NET3,
    after: [{ do: 'remove network', name: 'net3' }],
    done: ['NAME_TAKEN'],
  },
  'network create, loopback': {
    before: [],
    move: network('net3', 3, 'loopback'),
    after: [{ do: 'remove network', name: 'net3' }],
    done: ['NAME_TAKEN'],
  },
  'network rm': {
    before: [NET3, container('run', 'box3', 'ipnet', [at('net3', 4)])],
    move: { do: 'remove network', name: 'net3' },
    after: GONE,
    done: ['NETWORK_NOT_FOUND'],
    frees: true,
  },
  'network prune': {
    before: [NET3],
    move: plain('network prune --force', 'net3 goes'),
    after: [],
    done: [],
    frees: true,
  },
  'run, ipnet': { before: [], move: box3('run', 'ipnet'), after: GONE, done: ['NAME_TAKEN'] },
  'run, vnet': { before: [], move: box3('run', 'vnet'), after: GONE, done: ['NAME_TAKEN'] },
  create: { before: [], move: box3('create', 'ipnet'), after: GONE, done: ['NAME_TAKEN'] },
  'start, ipnet': {
    before: [box3('create', 'ipnet')],
    move: one('start'),
    after: GONE,
    done: ['CONTAINER_RUNNING'],
  },
  'start, vnet': {
    before: [box3('create', 'vnet')],
    move: one('start'),
    after: GONE,
    done: ['CONTAINER_RUNNING'],
  },
  'stop, ipnet': {
    before: [box3('run', 'ipnet')],
    move: one('stop'),
    after: GONE,
    done: [],
    frees: true,
  },
  'stop, vnet': {
    before: [box3('run', 'vnet')],
    move: one('stop'),
    after: GONE,
    done: [],
    frees: true,
  },
  restart: { before: [box3('run', 'ipnet')], move: one('restart'), after: GONE, done: [] },
  'container rm': {
    before: [box3('create', 'vnet')],
    move: one('remove container'),
    after: [],
    done: ['CONTAINER_NOT_FOUND'],
    frees: true,
  },
  'container rm -f': {
    before: [box3('run', 'ipnet')],
    move: one('remove by force'),
    after: [],
    done: ['CONTAINER_NOT_FOUND'],
    frees: true,
  },
  'container prune': {
    before: [box3('create', 'ipnet')],
    move: plain('container prune --force', 'box3 goes'),
    after: [],
    done: [],
    frees: true,
  },
  rename: {
    before: [box3('run', 'ipnet')],
    move: { do: 'rename', name: 'box3', to: 'box4' },
    after: [{ do: 'remove by force', name: 'box4' }],
    done: ['CONTAINER_NOT_FOUND'],
  },
  connect: {
    before: [container('run', 'box3', 'ipnet', [at('net1', 4)], 8003)],
    move: { do: 'connect', name: 'box3', wish: at('net2', 4) },
    after: GONE,
    done: ['ALREADY_CONNECTED'],
  },
  'disconnect, ipnet': {
    before: [box3('run', 'ipnet')],
    move: { do: 'disconnect', name: 'box3', network: 'net1' },
    after: GONE,
    done: ['NOT_CONNECTED'],
  },
  'disconnect, vnet': {
    before: [box3('run', 'vnet')],
    move: { do: 'disconnect', name: 'box3', network: 'net1' },
    after: GONE,
    done: ['NOT_CONNECTED'],
  },
  'image import, directory': { before: [], move: IMPORT, after: IMAGE_GONE, done: ['NAME_TAKEN'] },
  'image import, archive': {
    before: [],
    move: plain(`image import picture ${SOURCE}.tar`),
    after: IMAGE_GONE,
    done: ['NAME_TAKEN'],
  },
  'image rm': {
    before: [IMPORT],
    move: plain('image rm picture'),
    after: [],
    done: ['IMAGE_NOT_FOUND'],
    frees: true,
  },
  'system down': {
    before: [],
    move: plain('system down', 'all stop'),
    after: [plain('system up', 'all start')],
    done: [],
    concernsAll: true,
    frees: true,
  },
  'system up': {
    before: [plain('system down', 'all stop')],
    move: plain('system up', 'all start'),
    after: [],
    done: [],
    concernsAll: true,
  },
  exec: { before: [], move: plain('exec box1 true'), after: [], done: [], reads: true },
  'system check': { before: [], move: plain('system check'), after: [], done: [], reads: true },
  'system up after a boot': {
    before: [{ do: 'reboot' }],
    move: plain('system up', 'all start'),
    after: [],
    done: [],
    concernsAll: true,
  },
  'system repair': {
    before: [{ do: 'host', words: ['nft', 'flush', 'ruleset'] }],
    move: plain('system repair'),
    after: [],
    done: [],
    concernsAll: true,
  },
  'system info': { before: [], move: plain('system info'), after: [], done: [], reads: true },
  'system licenses': {
    before: [],
    move: plain('system licenses'),
    after: [],
    done: [],
    reads: true,
  },
  'container ls': { before: [], move: plain('container ls -a'), after: [], done: [], reads: true },
  'container inspect': {
    before: [],
    move: plain('container inspect box1 box2'),
    after: [],
    done: [],
    reads: true,
  },
  'container logs': {
    before: [],
    move: plain('container logs box1'),
    after: [],
    done: [],
    reads: true,
  },
};

/** What a plain command does to the model. */
export function applyEffect(model: Model, effect: Plain['effect']): void {
  if (effect === 'box3 goes') model.containers.delete('box3');
  if (effect === 'net3 goes') model.networks.delete('net3');
  for (const each of model.containers.values()) {
    if (effect === 'all stop') each.running = false;
    if (effect === 'all start') beginRun(each);
  }
}
