/** The namespaces that the hosts of a process are made in, one after the other. */
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import type { CommandRunner, ForegroundCommand } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { SimulatedSandbox, SimulatedState } from '@kleenet/core/testing';
import { ipBatch, ipBatchForced, isGone } from '@kleenet/platform/linux';
import { goneFrom, peersIn } from './freeing.ts';
import { OUTSIDE } from './outside.ts';
import { project } from './projection.ts';
import type { Known } from './projection.ts';
import { readHost } from './reading.ts';
import type { Reading } from './reading.ts';
import { tampering } from './tamper.ts';
import type { Tampering } from './tamper.ts';

/** One process at a time: another would take away what this one works on. */
const HOLDER = '/run/kleenet-test-host-holder';

/** As the simulated host has it: 192.0.2.10 of TEST-NET-1 (RFC 5737), and a MAC address of RFC 7042. */
const UPLINK: readonly string[] = [
  `link add name ext0 address 02:00:5e:00:53:01 type veth peer name ext0 netns ${OUTSIDE}`,
  'link set dev ext0 addrgenmode none up',
  'address add 192.0.2.10/24 dev ext0',
];

export class Ground {
  readonly #commands: CommandRunner;
  readonly stacks: Map<string, SimulatedSandbox['stack']> = new Map();
  readonly running: Map<string, ForegroundCommand> = new Map();
  /** Changes under way, also of hosts that have ended: a new one begins after them. */
  readonly pending: Set<Promise<unknown>> = new Set();
  /** A new host, and its settings. */
  #bare: { readonly state: SimulatedState; readonly settings: Known['reference'] } | undefined;

  constructor(commands: CommandRunner) {
    this.#commands = commands;
  }

  async inspect(): Promise<SimulatedState> {
    return project(await readHost(this.#commands), this.#known());
  }

  async tamper(change: (state: SimulatedState) => void): Promise<void> {
    const reading = await readHost(this.#commands);
    const before = project(reading, this.#known());
    const after = structuredClone(before);
    change(after);
    await this.#apply(tampering(before, after, reading, this.#known()), reading);
  }

  /** Makes the host a new one. @throws KleenetError INTERNAL for what cannot be taken away */
  async clear(): Promise<void> {
    await Promise.allSettled(this.pending);
    for (const [name, command] of this.running) await this.#end(name, command);
    this.stacks.clear();
    if (this.#bare === undefined) await this.#begin();
    const { state } = this.#bare ?? (await this.#look());
    for (let tries = 0; tries < 3; tries += 1) {
      const reading = await readHost(this.#commands);
      const now = project(reading, this.#known());
      if (JSON.stringify(now) === JSON.stringify(state)) return;
      await this.#apply(tampering(now, state, reading, this.#known()), reading);
    }
    const left = JSON.stringify(await this.inspect());
    if (left === JSON.stringify(state)) return;
    throw new KleenetError('INTERNAL', `the host cannot be made anew: there is still ${left}`);
  }

  /** Ends the command in a sandbox, if one runs. */
  async end(name: string): Promise<void> {
    const command = this.running.get(name);
    if (command !== undefined) await this.#end(name, command);
  }

  async #end(name: string, command: ForegroundCommand): Promise<void> {
    command.signal('KILL');
    await command.exited;
    this.running.delete(name);
  }

  /** What an earlier process has left goes. */
  async #begin(): Promise<void> {
    takeHold();
    const { host, sandboxes } = await readHost(this.#commands);
    const names = host.links.map(({ ifname }) => ifname).filter((name) => name !== 'lo');
    await ipBatchForced(this.#commands, {
      lines: [
        ...names.map((name) => `link delete dev ${name}`),
        ...[OUTSIDE, ...sandboxes.keys()].map((name) => `netns delete ${name}`),
      ],
    });
    await this.#commands.change(['nft', 'flush', 'ruleset'], { accept: 'any' });
    await ipBatch(this.#commands, { lines: [`netns add ${OUTSIDE}`, ...UPLINK] });
    await ipBatch(this.#commands, {
      lines: ['link set dev lo up', 'link set dev ext0 addrgenmode none up'],
      netns: OUTSIDE,
    });
    await this.#look();
  }

  async #look(): Promise<{
    readonly state: SimulatedState;
    readonly settings: Known['reference'];
  }> {
    const reading = await readHost(this.#commands);
    const settings = reading.host.settings;
    this.#bare = { state: project(reading, { ...this.#known(), reference: settings }), settings };
    return this.#bare;
  }

  #known(): Known {
    return {
      stacks: this.stacks,
      running: new Set(this.running.keys()),
      reference: this.#bare?.settings ?? new Map(),
    };
  }

  async #apply(change: Tampering, reading: Reading): Promise<void> {
    const { namespaces, lines, policies, settings, rules } = change;
    const commands = this.#commands;
    for (const netns of new Set(lines.map((one) => one.netns)))
      await this.#force(
        lines.filter((one) => one.netns === netns).map(({ line }) => line),
        netns,
      );
    for (const { netns, family, priority } of policies) {
      const within = netns === '' ? [] : ['-netns', netns];
      const version = family === 'ipv6' ? '-6' : '-4';
      await commands.change(['ip', ...within, version, 'rule', 'delete', 'priority', priority]);
    }
    for (const { netns, name, value } of settings) {
      const write = ['sysctl', '-q', '-w', `${name}=${value}`] as const;
      await commands.change(netns === '' ? write : ['ip', 'netns', 'exec', netns, ...write]);
    }
    // As a word: its standard input must not be a socket (nft 1.0.6).
    if (rules.length > 0) await commands.change(['nft', '-j', JSON.stringify({ nftables: rules })]);
    for (const name of namespaces) await this.end(name);
    await this.#force(
      namespaces.map((name) => `netns delete ${name}`),
      '',
    );
    const { host, numbers } = reading;
    await goneFrom(commands, peersIn({ links: host.links, numbers }, namespaces));
  }

  /** What goes with something else is gone already. */
  async #force(lines: readonly string[], netns: string): Promise<void> {
    const failed = await ipBatchForced(this.#commands, { lines, netns });
    const [first] = failed.filter((one) => !isGone(one));
    if (first === undefined) return;
    throw new KleenetError('INTERNAL', `ip ${first.line}: ${first.message}`);
  }
}

function takeHold(): void {
  // As /proc numbers it, which may be that of another namespace.
  const mine = readlinkSync('/proc/self');
  const holder = existsSync(HOLDER) ? readFileSync(HOLDER, 'utf8') : '';
  if (holder !== '' && holder !== mine && existsSync(`/proc/${holder}`)) {
    throw new KleenetError(
      'INTERNAL',
      `process ${holder} has a Linux host in the same namespaces`,
      { hint: 'let one process use them at a time: node --test --test-concurrency=1' },
    );
  }
  writeFileSync(HOLDER, mine);
}
