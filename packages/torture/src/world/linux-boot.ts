/** What a boot does to a Linux host, as far as klee can see it. */
import { randomUUID } from 'node:crypto';
import { rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupsOf, foreignProcesses } from './linux-look.ts';
import type { Whose } from './linux-look.ts';
import { run, sure } from './processes.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

export async function bootLinux(work: string, { state, known, containers }: Whose): Promise<void> {
  for (const { pid } of foreignProcesses(known)) endProcess(pid);
  await settle(known);
  for (const name of await first(['ip', 'netns', 'list'], /^klee-\S+/gm))
    await sure(['ip', 'netns', 'delete', name]);
  for (const name of await first(['ip', '-o', 'link'], /(?<=^\d+: )kl[^:@]+/gm))
    await run(['ip', 'link', 'delete', 'dev', name]);
  await sure(['nft', 'flush', 'ruleset']);
  await run(['conntrack', '-F']);
  for (const family of ['-4', '-6']) await run(['ip', family, 'route', 'flush', 'proto', '107']);
  const mounts = await first(
    ['cat', '/proc/self/mounts'],
    new RegExp(`(?<=^\\S+ )${state}\\S*`, 'gm'),
  );
  for (const path of mounts.toReversed()) await sure(['umount', '-l', path]);
  for (const path of cgroupsOf(containers)) rmdirSync(path);
  rmSync('/run/kleenet', { recursive: true, force: true });
  await sure(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=0']);
  const id = join(work, 'boot-id');
  writeFileSync(id, `${randomUUID()}\n`);
  // In a namespace of mounts of our own.
  await run(['umount', BOOT_ID]);
  await sure(['mount', '--bind', id, BOOT_ID]);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function settle(known: readonly number[]): Promise<void> {
  for (let tries = 0; foreignProcesses(known).length > 0 && tries < 200; tries += 1) {
    for (const { pid } of foreignProcesses(known)) endProcess(pid);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function first(argv: readonly string[], pattern: RegExp): Promise<readonly string[]> {
  return (await sure(argv)).match(pattern) ?? [];
}
