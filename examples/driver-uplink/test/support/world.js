// Containers on a network of this driver, on a host: made as klee makes them.
import {
  SILENT_LOGGER,
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  buildRun,
} from '@kleenet/core/testing';
import { uplink } from '../../dist/index.js';

export const OPERATION = {
  signal: new AbortController().signal,
  claim: async () => undefined,
  claims: [],
};

export function buildUplinkNetwork(parts = {}) {
  return buildNetwork({
    driver: 'uplink',
    subnet: '10.36.0.0/24',
    subnet6: 'fd00:36::/64',
    options: { table: '100' },
    ...parts,
  });
}

export class World {
  constructor(host, parts) {
    this.host = host;
    this.process = host.process();
    this.network = buildUplinkNetwork(parts);
  }

  static async open(host, parts = {}) {
    const world = new World(host, parts);
    const { commands, clock, platform } = world.process;
    world.plane = await uplink.dataPlanes[host.platform]({
      commands,
      clock,
      logger: SILENT_LOGGER,
    });
    await platform.networks.up(world.network, OPERATION);
    await world.plane.networkUp(world.network, OPERATION);
    return world;
  }

  /** Makes a container, and connects it. */
  async add(index) {
    const { network, process, plane } = this;
    const { sandboxes } = process.platform;
    const container = buildContainer({ name: `c${index}`, driver: 'uplink', stack: 'own' });
    const run = buildRun(container);
    const sandbox = sandboxes.describe(container, run.id);
    await sandboxes.createStorage({ container, entries: [] }, OPERATION);
    await sandboxes.create({ container, run: { ...run, sandbox } }, OPERATION);
    const endpoint = buildEndpoint({ network, container, host: 10 + index });
    const target = buildAttachTarget({ network, container, endpoint, runId: run.id, sandbox });
    await plane.attach(target, OPERATION);
    return target;
  }

  /** Runs a command on the host. */
  async run(line) {
    const [program, ...words] = line.split(' ');
    return (await this.process.commands.change([program, ...words])).stdout;
  }
}

export function messages(issues) {
  return issues.map(({ path, message }) => `${path}: ${message}`);
}
