/** What a boot does to a real FreeBSD host, as far as klee can see it: the host itself goes on. */
import { anchorsOf } from './freebsd-host-look.ts';
import type { OnHost } from './processes.ts';

/** Where klee keeps the id of a boot (docs/decisions/0010). */
const BOOT = 'kleenet.boot';
const FORWARDING = ['net.inet.ip.forwarding', 'net.inet6.ip6.forwarding'] as const;

export async function bootFreebsdHost(host: OnHost, state: string): Promise<void> {
  await takeAway(host, state);
  await host(['sysctl', ...FORWARDING.map((name) => `${name}=0`)]);
  await host(['kenv', `${BOOT}=${Date.now()}.0`]);
}

/** What a walk changes for good, and a boot too: the assignments of sysctl(8) that bring it back. */
export async function settingsOf(host: OnHost): Promise<readonly string[]> {
  const { stdout } = await host(['sysctl', ...FORWARDING]);
  return [...stdout.matchAll(/^(\S+): (\d+)$/gm)].map(([, name, value]) => `${name}=${value}`);
}

/** At the end of a walk, also when klee could not remove it. */
export async function wipeFreebsdHost(
  host: OnHost,
  state: string,
  settings: readonly string[],
): Promise<void> {
  await takeAway(host, state);
  await host(['sysctl', ...settings]);
  await host(['kenv', '-u', BOOT]);
}

/** Processes, jails, mounts, interfaces and rules. Commands fail where there is nothing to take away. */
async function takeAway(host: OnHost, state: string): Promise<void> {
  await host(['pkill', '-KILL', '-f', `klee-supervise .*${state}`]);
  for (const jail of await jailsBelow(host, state)) await host(['jail', '-R', jail]);
  for (const path of await mountsBelow(host, state)) await host(['umount', '-f', path]);
  const { stdout } = await host(['ifconfig', '-g', 'klee']);
  for (const name of stdout.split(/\s+/))
    if (name !== '') await host(['ifconfig', name, 'destroy']);
  for (const anchor of await anchorsOf(host))
    await host(['pfctl', '-q', '-a', anchor, '-F', 'all']);
  await host(['rm', '-rf', '/var/run/kleenet']);
}

async function jailsBelow(host: OnHost, state: string): Promise<readonly string[]> {
  const { stdout } = await host(['jls', 'name', 'path']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(` ${state}/`))
    .map((line) => line.split(' ')[0] ?? '');
}

/** The last one first. */
async function mountsBelow(host: OnHost, state: string): Promise<readonly string[]> {
  const { stdout } = await host(['mount', '-p']);
  const targets = stdout.split('\n').map((line) => line.split(/\s+/)[1] ?? '');
  return targets.filter((path) => path.startsWith(`${state}/`)).toReversed();
}
