/** klee on a host with the example driver uplink, as a user has added it: what was built, and nothing of this repository but the contract. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../../core/test/support/waiting.ts';
import { PacketHost, ip, run } from './packets.ts';
import { PluginWorld } from './plugins.ts';

const REPOSITORY = join(import.meta.dirname, '../../../..');
const EXAMPLE = join(REPOSITORY, 'examples/driver-uplink');
/** The contract, as the program has it for plugins. */
const CORE = join(import.meta.dirname, '../../dist/core');

/** Somewhere behind both uplinks. */
export const FAR = { ipv4: '203.0.113.9', ipv6: '2001:db8:f::9' } as const;
/** The other end of the second uplink, and the host's address there. */
const SECOND = { ipv4: '198.18.0.1', ipv6: '2001:db8:2::1' } as const;
export const SECOND_ADDRESS = { ipv4: '198.18.0.2', ipv6: '2001:db8:2::2' } as const;
export const TABLE = 100;

export class StrangersHost extends PacketHost {
  readonly world: PluginWorld = new PluginWorld();
  /** Where the plugin is. */
  readonly plugin: string = join(this.world.plugins, 'kleenet-driver-uplink');

  constructor() {
    super();
    this.world.environment['KLEE_PLATFORM'] = 'linux';
    mkdirSync(this.plugin, { recursive: true });
    cpSync(join(EXAMPLE, 'package.json'), join(this.plugin, 'package.json'));
    execFileSync(process.execPath, [
      join(REPOSITORY, 'node_modules/typescript/bin/tsc'),
      '--project',
      EXAMPLE,
      '--outDir',
      join(this.plugin, 'dist'),
    ]);
    cpSync(CORE, join(this.plugin, 'node_modules/@kleenet/core'), { recursive: true });
  }

  /** A second uplink, to a neighbour `second`; no table leads there yet. */
  addSecondUplink(): void {
    ip('netns add second');
    ip('link add name uplink2 type veth peer name eth0 netns second');
    const far = [`${FAR.ipv4}/32 dev lo`, `${FAR.ipv6}/128 dev lo nodad`];
    for (const namespace of ['outside', 'second'])
      for (const address of far) ip(`-netns ${namespace} address add ${address}`);
    for (const line of [
      `address add ${SECOND.ipv4}/24 dev eth0`,
      `address add ${SECOND.ipv6}/64 dev eth0 nodad`,
      'link set dev lo up',
      'link set dev eth0 up',
    ])
      ip(`-netns second ${line}`);
    ip(`address add ${SECOND_ADDRESS.ipv4}/24 dev uplink2`);
    ip(`address add ${SECOND_ADDRESS.ipv6}/64 dev uplink2 nodad`);
    ip('link set dev uplink2 up');
    // Strict on some machines, from which a new network stack has its settings.
    run('sysctl', '-q', '-w', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.uplink2.rp_filter=0');
    this.serve('second', 'second', 7);
  }

  setTable(verb: 'add' | 'delete'): void {
    ip(`-4 route ${verb} default via ${SECOND.ipv4} table ${TABLE}`);
    ip(`-6 route ${verb} default via ${SECOND.ipv6} dev uplink2 table ${TABLE}`);
  }

  override klee(...words: readonly string[]): Promise<string> {
    return this.world.ok(words.flatMap((part) => part.split(' ')));
  }

  /** Waits until a container answers there: a server needs a moment until it listens. */
  answers(from: string, address: string, port: number, name: string): Promise<void> {
    return until(`${name} answers ${from} at ${address}`, async () =>
      (await this.ask(from, address, port)).startsWith(`${name} `),
    );
  }

  /** After a failure some containers are still there. */
  async end(): Promise<void> {
    const { stdout } = await this.world.klee('container ls -a --quiet');
    for (const id of stdout.split('\n').filter(Boolean))
      await this.world.klee(`container rm -f ${id}`);
    this.world.remove();
  }
}
