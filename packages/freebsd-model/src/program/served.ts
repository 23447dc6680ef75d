/** A modelled host that one process keeps, and answers for: its programs need not start another one for each command. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newHost, restart } from '../new-host.ts';
import type { HostOptions } from '../new-host.ts';
import type { HostState } from '../state.ts';
import { askServer } from './carry.ts';
import { runProgram } from './program.ts';
import { processesOf } from './real-processes.ts';
import { makeShims, shimsOf } from './shims.ts';
import { quote } from './shell-plan.ts';
import { machineOf } from './state-file.ts';

export interface ServedHostOptions extends HostOptions {
  /** Sends a signal to a process of this machine, which may have ended by itself. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
}

export interface ServedHost {
  /** Where everything of this host is; a good place for the state of klee, too. */
  readonly directory: string;
  /** For `KLEE_COMMAND_PREFIX`. Commands of the host wait until the process that keeps it is idle. */
  readonly prefix: readonly [string];
  /** The host as it is now. Changes take effect. */
  state(): HostState;
  /** The kernel begins anew, and all processes of jails end; files stay. */
  reboot(): void;
  /** Ends what runs in jails, and removes everything. */
  dispose(): void;
}

export async function serveFreebsdHost({
  kill,
  ...options
}: ServedHostOptions): Promise<ServedHost> {
  const directory = mkdtempSync(join(tmpdir(), 'freebsd-host-'));
  const statePath = join(directory, 'host');
  const state = newHost(Date.now(), options);
  const machine = machineOf(state, kill);
  const now = (): HostState => {
    state.processes = processesOf(statePath, state);
    return state;
  };
  const answer = (pid: number, argv: readonly string[], input: string): string => {
    now();
    const environment = startedWith(pid);
    if (environment === undefined) return '';
    const shims = shimsOf(statePath);
    const request = { statePath, pid, argv, input: () => input, environment, shims };
    const { status, stdout, stderr, plan } = runProgram(machine, request);
    if (plan !== '') return plan;
    return `printf %s ${quote(stdout)}; printf %s ${quote(stderr)} >&2; exit ${status}`;
  };
  const server = await listen((socket) => serve(socket, answer));
  const { port } = server.address() as AddressInfo;
  const prefix = makeShims({
    statePath,
    carry: askServer(port),
    missing: options.missing ?? [],
  });
  const endAll = (): void => {
    for (const { pid } of now().processes) kill(pid, 'SIGKILL');
  };
  return {
    directory,
    prefix,
    state: now,
    reboot() {
      endAll();
      restart(state, machine.now());
    },
    dispose() {
      endAll();
      server.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function listen(welcome: (socket: Socket) => void): Promise<Server> {
  const server = createServer(welcome);
  return new Promise((resolve) =>
    server.listen({ host: '127.0.0.1', port: 0, backlog: 500 }, () => resolve(server)),
  );
}

type Answerer = (pid: number, argv: readonly string[], input: string) => string;

/** `COUNT PID WORD… INPUT`, each with a zero byte behind it. */
function serve(socket: Socket, answer: Answerer): void {
  let text = '';
  // Whoever asked may have been killed.
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8').on('data', (data) => {
    text += String(data);
    const [count = '', pid = '', ...rest] = text.split('\0');
    const words = Number(count);
    // The last one is what follows the last zero byte.
    if (count === '' || rest.length < words + 2) return;
    socket.end(`${answer(Number(pid), rest.slice(0, words), rest[words] ?? '')}\0`);
  });
}

/** The environment of a process, see proc(5); nothing when it has ended. */
function startedWith(pid: number): Readonly<Record<string, string>> | undefined {
  try {
    const settings = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return Object.fromEntries(
      settings.flatMap((setting) => {
        const equals = setting.indexOf('=');
        return equals > 0 ? [[setting.slice(0, equals), setting.slice(equals + 1)]] : [];
      }),
    );
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
