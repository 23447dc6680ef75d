/** A modelled host that several processes share: one JSON file, replaced as a whole under a lock. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { throughMounts } from '../kernel/mounts.ts';
import type { Machine } from '../machine.ts';
import { newHost } from '../new-host.ts';
import type { HostState } from '../state.ts';
import { processesOf } from './real-processes.ts';

export interface StateFileOptions {
  readonly path: string;
  /** Sends a signal to a process of this machine. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
}

/** Changes the host atomically and exclusively. The first call creates it. */
export async function withHost<T>(
  { path, kill }: StateFileOptions,
  work: (machine: Machine) => T,
): Promise<T> {
  const lock = await acquire(resolve(path));
  try {
    const old = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const state = old === '' ? newHost(Date.now()) : (JSON.parse(old) as HostState);
    state.processes = processesOf(path, state);
    const answer = work(machineOf(state, kill));
    save(path, old, JSON.stringify({ ...state, processes: [] }));
    return answer;
  } finally {
    lock.close();
  }
}

export function machineOf(state: HostState, kill: StateFileOptions['kill']): Machine {
  return {
    state,
    now: () => Date.now() + state.clockOffset,
    exists: (path) =>
      state.files[path] !== undefined || existsSync(throughMounts(state.mounts, path)),
    readFile: (path) =>
      state.files[path] ?? (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    signal: (pid, name) => kill(pid, `SIG${name}` as NodeJS.Signals),
  };
}

function save(path: string, old: string, text: string): void {
  if (text === old) return;
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** In milliseconds. */
const PATIENCE = 30_000;

/** A name in the kernel that is released with its process, however that ends. See "abstract" in unix(7). */
async function acquire(path: string): Promise<Server> {
  const name = `\0freebsd-host-${createHash('sha256').update(path).digest('hex')}`;
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const lock = await listen(name);
    if (lock !== undefined) return lock;
    if (Date.now() > deadline) throw new Error(`the lock of ${path} is not let go`);
    await sleep(1 + Math.random() * 4);
  }
}

function listen(name: string): Promise<Server | undefined> {
  return new Promise((settle, reject) => {
    const server = createServer();
    server.once('listening', () => settle(server));
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') settle(undefined);
      else reject(error);
    });
    server.listen({ path: name, exclusive: true });
  });
}
