import type { Argv } from '../../command.ts';
import { KleenetError } from '../../errors.ts';
import type { Container } from '../../model.ts';
import type { Started } from '../../platform.ts';
import { parseEnv, parseUser } from '../requests/container-spec.ts';
import type { Engine } from '../context.ts';
import { Problems } from '../requests/problems.ts';
import { isAlive } from '../lifecycle/recovery.ts';
import type { ExecContainerRequest } from '../requests/requests.ts';
import { currentRun, resolveContainer } from '../records/resolve.ts';
import { requireTerminalInput } from '../requests/terminal.ts';

/**
 * Runs a further command in a running container. Takes no lock: it changes none of our state.
 * @throws KleenetError CONTAINER_NOT_FOUND, CONTAINER_NOT_RUNNING, COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE,
 * USER_NOT_FOUND
 */
export async function execInContainer(
  engine: Engine,
  request: ExecContainerRequest,
): Promise<Started> {
  const problems = new Problems();
  const env = (request.env ?? []).flatMap(
    (text) => problems.parse('env', () => parseEnv(text)) ?? [],
  );
  const user = problems.parse('user', () => parseUser(request.user ?? '')) ?? '';
  problems.raise();
  const detached = request.detached ?? false;
  if (!detached)
    requireTerminalInput(request.terminal, request.interactive, request.callerTerminal);
  const { container, run } = await engine.store.read((snapshot) => {
    const container = resolveContainer(snapshot, request.container);
    return { container, run: currentRun(snapshot, container.id) };
  });
  await engine.platform.requirePrivilege();
  if (run === undefined || !(await isAlive(engine, container, run))) throw notRunning(container);
  return engine.platform.sandboxes.exec(
    { container, run },
    {
      command: request.command,
      env,
      user,
      terminal: request.terminal ?? false,
      stdin: request.interactive ?? false,
      detached,
      ...(request.callerTerminal === undefined ? {} : { callerTerminal: request.callerTerminal }),
    },
  );
}

function notRunning(container: Container): KleenetError {
  return new KleenetError('CONTAINER_NOT_RUNNING', `container '${container.name}' is not running`, {
    hint: `start it first: klee start ${container.name}`,
    details: { container: container.name },
  });
}

export interface LogOptions {
  /** Follow the log while the container runs. */
  readonly follow: boolean;
  /** Only this many lines from the end. */
  readonly tail?: number;
}

/**
 * The host command that prints the log of a container's detached runs; undefined for a container that never ran.
 * @throws KleenetError CONTAINER_NOT_FOUND
 */
export async function containerLogs(
  engine: Engine,
  reference: string,
  { follow, tail }: LogOptions,
): Promise<Argv | undefined> {
  const { container, run } = await engine.store.read((snapshot) => {
    const container = resolveContainer(snapshot, reference);
    return { container, run: snapshot.runs.byContainer(container.id) };
  });
  await engine.platform.requirePrivilege();
  if (run === undefined) return undefined;
  // An ended command writes no more, so there is nothing to follow.
  const goesOn = follow && run.state !== 'ended' && (await isAlive(engine, container, run));
  return engine.platform.sandboxes.logs(container, {
    ...(goesOn ? { follow: run } : {}),
    ...(tail === undefined ? {} : { tail }),
  });
}
