/** The network stack of a container that runs: differences, and what restores it without a restart. */
import type { CommandRunner, Operation, Sandbox, SandboxSpec } from '@kleenet/core';
import { links } from '@kleenet/core/linux';
import type { IpLink } from '@kleenet/core/linux';
import { HOST_DETAILS, lookInside } from './host-look.ts';
import { ipBatch, ipRead, readLink } from './ip.ts';
import { ipRemove } from './ip-removals.ts';
import { isLive } from './runtime.ts';
import { runtimeContainers } from './runtime-state.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { createInside, linkOutside } from './sandbox-plan.ts';

/** What is there of a network stack. */
interface Stack {
  readonly loopback: IpLink | undefined;
  /** The host's end of the routed link. */
  readonly outside: IpLink | undefined;
}

/** @param loopback - read anew before a change, and with everything else in there for a comparison */
async function readStack(
  commands: CommandRunner,
  { link }: Sandbox,
  loopback: Promise<IpLink | undefined>,
): Promise<Stack> {
  const [inside, host] = await Promise.all([
    loopback,
    link === undefined ? [] : ipRead(commands, HOST_DETAILS),
  ]);
  return {
    loopback: inside,
    outside: links(host).find(({ ifname }) => ifname === link?.hostInterface),
  };
}

async function seenLoopback(commands: CommandRunner, netns: string): Promise<IpLink | undefined> {
  return links(await lookInside(commands, netns)).find(({ ifname }) => ifname === 'lo');
}

/** One sentence each. */
export async function stackProblems(
  commands: CommandRunner,
  sandbox: Sandbox,
): Promise<readonly string[]> {
  const { name, link } = sandbox;
  if (name === '') return [];
  const { loopback, outside } = await readStack(commands, sandbox, seenLoopback(commands, name));
  return [
    ...(loopback === undefined ? [`network namespace ${name} is missing`] : []),
    ...(loopback === undefined || isUp(loopback)
      ? []
      : [`the loopback interface of network namespace ${name} is down`]),
    ...(link === undefined || outside !== undefined
      ? []
      : [`interface ${link.hostInterface} is missing`]),
  ];
}

/** Names the namespace again, after a process of the container; makes the routed link again, and starts the loopback. */
export async function mendStack(
  dependencies: SandboxDependencies,
  spec: SandboxSpec,
  { signal }: Operation,
): Promise<void> {
  const { container, run } = spec;
  const { commands } = dependencies;
  const { name: netns, link } = run.sandbox;
  if (netns === '') return;
  const there = await readStack(commands, run.sandbox, readLink(commands, 'lo', { netns }));
  if (there.loopback === undefined) {
    // Not the number in its file: another process may have that by now, and its namespace is not ours to change.
    const [running] = await runtimeContainers(dependencies, [spec]);
    if (running === undefined || !isLive(running)) return;
    // A file without a namespace may be left of the name.
    await ipRemove(commands, { lines: [`netns delete ${netns}`], signal });
    await commands.change(['ip', 'netns', 'attach', netns, String(running.pid)], { signal });
  }
  const isLinkMissing = link !== undefined && there.outside === undefined;
  if (isLinkMissing)
    await ipBatch(commands, { lines: linkOutside(run.sandbox, container.id), signal });
  if (isLinkMissing || there.loopback === undefined || !isUp(there.loopback))
    await ipBatch(commands, { lines: createInside(run.sandbox), netns, signal });
}

function isUp({ flags }: IpLink): boolean {
  return flags.includes('UP');
}
