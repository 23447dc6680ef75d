/** The CNI plugins bridge and host-local, called as a container runtime calls them: one process with JSON on its input. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { host } from '../support/command.ts';
import type { Command } from '../support/command.ts';

const FOLDER = '/usr/lib/cni';

export class Plugins {
  readonly #directory: string;
  readonly #subnets = new Map<string, string>();

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
  }

  /** A container is a network namespace here. */
  makeContainer(name: string): void {
    host('ip', 'netns', 'add', name);
  }

  makeNetwork(name: string, subnet: string): void {
    this.#subnets.set(name, subnet);
  }

  connect(network: string, container: string): Command {
    return this.#call('ADD', network, container);
  }

  disconnect(network: string, container: string): Command {
    return this.#call('DEL', network, container);
  }

  #call(command: 'ADD' | 'DEL', network: string, container: string): Command {
    const configuration = {
      cniVersion: '1.0.0',
      name: network,
      type: 'bridge',
      bridge: network,
      isGateway: true,
      ipMasq: true,
      ipam: {
        type: 'host-local',
        dataDir: join(this.#directory, 'leases'),
        ranges: [[{ subnet: this.#subnets.get(network) }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    };
    return {
      argv: [join(FOLDER, 'bridge')],
      environment: {
        CNI_COMMAND: command,
        CNI_CONTAINERID: container,
        CNI_NETNS: `/run/netns/${container}`,
        CNI_IFNAME: 'eth1',
        CNI_PATH: FOLDER,
      },
      input: JSON.stringify(configuration),
    };
  }
}
