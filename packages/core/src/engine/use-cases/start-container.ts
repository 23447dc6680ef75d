import { KleenetError } from '../../errors.ts';
import type { Container, Network } from '../../model.ts';
import type { Snapshot } from '../../store.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { insertContainer, planContainer, withContainerLocks } from './create-container.ts';
import { requireFirewall } from '../host/firewall.ts';
import { refreshHosts } from '../lifecycle/hosts-files.ts';
import { launch } from '../lifecycle/launch.ts';
import type { Launched } from '../lifecycle/launch.ts';
import { lockContainer } from '../lifecycle/objects.ts';
import type { StreamMode, CreateContainerRequest, StartedContainer } from '../requests/requests.ts';
import { currentRun, networkOf, resolveContainer, vanished } from '../records/resolve.ts';
import { requireTerminalInput } from '../requests/terminal.ts';

/**
 * Starts a container that exists. Returns once its command runs.
 * @throws KleenetError CONTAINER_NOT_FOUND, CONTAINER_RUNNING, COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE,
 * DRIVER_UNAVAILABLE, FIREWALL_UNAVAILABLE, PLATFORM_COMMAND_FAILED
 */
export function startContainer(
  engine: Engine,
  reference: string,
  streams: StreamMode,
): Promise<StartedContainer> {
  return mendingOthers(engine, () => startNamed(engine, reference, streams));
}

async function startNamed(
  engine: Engine,
  reference: string,
  streams: StreamMode,
): Promise<StartedContainer> {
  const { id } = await engine.store.read((snapshot) => resolveContainer(snapshot, reference));
  await engine.platform.requirePrivilege();
  const launched = await launchStopped(engine, { id, reference }, streams);
  return started(engine, launched);
}

async function launchStopped(
  engine: Engine,
  { id, reference }: { readonly id: string; readonly reference: string },
  streams: StreamMode,
): Promise<Launched> {
  const locked = await lockContainer(engine, id);
  if (locked === undefined) {
    throw vanished('container', reference);
  }
  try {
    const { container } = locked;
    const { run, networks } = await engine.store.read((snapshot) => ({
      run: currentRun(snapshot, id),
      networks: networksOf(snapshot, container),
    }));
    if (run !== undefined) throw alreadyRunning(container);
    requireAttachable(container, streams);
    if (container.publishedPorts.length > 0) await requireFirewall(engine, 'publishing a port');
    return await launch(engine, {
      containerId: id,
      driver: container.driver,
      networks,
      publishedPorts: container.publishedPorts,
      streams,
      prepare: () => container,
    });
  } finally {
    locked.release();
  }
}

/**
 * Creates a container, connected to its networks, and starts it. If anything fails, no container is left behind.
 * @throws KleenetError as {@link createContainer} and {@link startContainer} do
 */
export function runContainer(
  engine: Engine,
  request: CreateContainerRequest,
  streams: StreamMode,
): Promise<StartedContainer> {
  return mendingOthers(engine, () => runNew(engine, request, streams));
}

async function runNew(
  engine: Engine,
  request: CreateContainerRequest,
  streams: StreamMode,
): Promise<StartedContainer> {
  requireAttachable(request, streams);
  const plan = await planContainer(engine, request);
  const networks = plan.connections.map(({ network }) => network);
  const launched = await withContainerLocks(engine, plan, (host) =>
    launch(engine, {
      containerId: plan.id,
      driver: plan.driver.name,
      networks,
      publishedPorts: plan.spec.publishedPorts,
      streams,
      prepare: (tx) => insertContainer(tx, engine, { ...plan, host }, 'creating'),
    }),
  );
  const running = started(engine, launched);
  await refreshHosts(engine, { networks: networks.map(({ id }) => id) });
  return running;
}

function requireAttachable(
  { terminal, interactive }: Pick<CreateContainerRequest, 'terminal' | 'interactive'>,
  streams: StreamMode,
): void {
  if (streams === 'detached') return;
  const caller = streams === 'foreground' ? undefined : streams.terminal;
  requireTerminalInput(terminal, interactive, caller);
}

function networksOf(snapshot: Snapshot, container: Container): Network[] {
  return snapshot.endpoints
    .byContainer(container.id)
    .map((endpoint) => networkOf(snapshot, endpoint));
}

function alreadyRunning(container: Container): KleenetError {
  return new KleenetError('CONTAINER_RUNNING', `container '${container.name}' is already running`, {
    hint: `'klee restart ${container.name}' stops it and starts it again`,
    details: { container: container.name },
  });
}

/** In the foreground the run is reaped as soon as the command has ended, before its status is returned. */
function started(engine: Engine, { container, run, started: command }: Launched): StartedContainer {
  if (command.exited === undefined) return { container };
  const reaped = command.exited.then(async (status) => {
    await reapRun(engine, container.id, run.id);
    return status;
  });
  // A short command may end, and its reaping fail, before the caller awaits it.
  reaped.catch(() => undefined);
  return { container, exited: reaped, signal: (name) => command.signal?.(name) };
}

/**
 * Cleans up after a run whose command has ended; the supervisor of the run calls it. Does nothing when the container is
 * gone, or has another run by now.
 */
export function reapRun(engine: Engine, containerId: string, runId: string): Promise<void> {
  return mendingOthers(engine, () => reapLocked(engine, containerId, runId));
}

async function reapLocked(engine: Engine, containerId: string, runId: string): Promise<void> {
  const { run, networks } = await engine.store.read((snapshot) => ({
    run: currentRun(snapshot, containerId),
    networks: snapshot.endpoints.byContainer(containerId).map(({ networkId }) => networkId),
  }));
  if (run?.id !== runId) return;
  // Locking recovers the container, and recovery ends a run whose command has ended.
  const locked = await lockContainer(engine, containerId);
  locked?.release();
  if (locked === undefined) await refreshHosts(engine, { networks });
}
