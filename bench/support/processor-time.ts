/** Processor time of a command and of everything that it leaves at work, such as a container's supervisor. */
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { output } from './command.ts';
import type { Command } from './command.ts';

/** The accounting of control groups, version 1 and 2: the folder, the file, and how it becomes milliseconds. */
const ACCOUNTINGS = [
  {
    folder: '/sys/fs/cgroup/cpuacct',
    file: 'cpuacct.usage',
    read: (text: string) => Number(text) / 1e6,
  },
  {
    folder: '/sys/fs/cgroup',
    file: 'cpu.stat',
    read: (text: string) => Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1e3,
  },
] as const;

/** In milliseconds. The container itself is moved to its own group, and does not count. */
export function processorTime({ argv, ...command }: Command): number {
  const accounting = ACCOUNTINGS.find(({ folder, file }) => existsSync(join(folder, file)));
  if (accounting === undefined) throw new Error('no control group accounts for processor time');
  const group = join(accounting.folder, `kleenet-bench-${process.pid}-${Date.now()}`);
  mkdirSync(group);
  const procs = join(group, 'cgroup.procs');
  const enter = ['sh', '-c', 'echo 0 >"$0" && exec "$@"', procs];
  try {
    output({ ...command, argv: [...enter, ...argv] });
    return accounting.read(readFileSync(join(group, accounting.file), 'utf8'));
  } finally {
    leave(procs, accounting.folder);
    rmdirSync(group);
  }
}

/** What still runs goes back to where it would have been. */
function leave(procs: string, folder: string): void {
  const pids = readFileSync(procs, 'utf8')
    .split('\n')
    .filter((pid) => pid !== '');
  const script = 'for pid; do echo "$pid" >"$0" || [ ! -d "/proc/$pid" ]; done';
  output({ argv: ['sh', '-c', script, join(folder, 'cgroup.procs'), ...pids] });
}
