/** Data for listings and inspect. Reads state and asks the host which runs are alive; changes nothing. */
import type { Container, Endpoint, HostIdentity, Image, Network, Run } from '../../model.ts';
import type { SandboxSpec } from '../../platform.ts';
import type { Snapshot } from '../../store.ts';
import { HOST_IMAGE, containersFrom, findImage } from '../host/host-image.ts';
import type { Engine } from '../context.ts';
import type {
  ContainerReport,
  ContainerState,
  EndpointReport,
  ImageReport,
  NetworkReport,
} from '../requests/requests.ts';
import { networkOf, resolveContainer, resolveNetwork } from '../records/resolve.ts';
import { endpointOwner } from '../records/claims.ts';

/** All networks, ordered by creation. */
export function listNetworks(engine: Engine): Promise<readonly Network[]> {
  return engine.store.read((snapshot) => snapshot.networks.list());
}

/** A network with its endpoints, ordered by connection. @throws KleenetError NETWORK_NOT_FOUND, ID_AMBIGUOUS */
export async function inspectNetwork(engine: Engine, reference: string): Promise<NetworkReport> {
  const identity = await engine.platform.identity();
  const { network, endpoints, specs } = await engine.store.read((snapshot) => {
    const network = resolveNetwork(snapshot, reference);
    const found = snapshot.endpoints.byNetwork(network.id);
    const endpoints = found.map((endpoint) => endpointReport(snapshot, endpoint, identity));
    const attached = endpoints.filter(({ hostInterface }) => hostInterface !== undefined);
    const specs = attached.flatMap(
      ({ endpoint }) => specOf(snapshot, endpoint.containerId, identity) ?? [],
    );
    return { network, endpoints, specs };
  });
  const running = await runningContainers(engine, specs);
  return {
    network,
    endpoints: endpoints.map((report) =>
      running.has(report.endpoint.containerId) ? report : withoutHostEnd(report),
    ),
  };
}

/** All containers, ordered by creation. */
export async function listContainers(engine: Engine): Promise<readonly ContainerReport[]> {
  return reportContainers(engine, (snapshot) => snapshot.containers.list());
}

/** One container. @throws KleenetError CONTAINER_NOT_FOUND, ID_AMBIGUOUS */
export async function inspectContainer(
  engine: Engine,
  reference: string,
): Promise<ContainerReport> {
  const reports = await reportContainers(engine, (snapshot) => [
    resolveContainer(snapshot, reference),
  ]);
  const [report] = reports;
  if (report === undefined) throw new TypeError('one container gives one report');
  return withExitStatus(engine, report);
}

/** The exit status of a run that has ended, but is not reaped yet. */
async function withExitStatus(engine: Engine, report: ContainerReport): Promise<ContainerReport> {
  const { container, run, state } = report;
  if (state !== 'exited' || run === undefined || run.exitCode !== undefined) return report;
  const exitCode = await engine.platform.sandboxes.exitStatus({ container, run });
  return exitCode === undefined ? report : { ...report, run: { ...run, exitCode } };
}

async function reportContainers(
  engine: Engine,
  select: (snapshot: Snapshot) => readonly Container[],
): Promise<ContainerReport[]> {
  const identity = await engine.platform.identity();
  const found = await engine.store.read((snapshot) =>
    select(snapshot).map((container) => ({
      container,
      run: snapshot.runs.byContainer(container.id),
      spec: specOf(snapshot, container.id, identity),
      endpoints: snapshot.endpoints
        .byContainer(container.id)
        .map((endpoint) => endpointReport(snapshot, endpoint, identity)),
    })),
  );
  const running = await runningContainers(
    engine,
    found.flatMap(({ spec }) => spec ?? []),
  );
  return found.map(({ container, run, endpoints }) => {
    const state = containerState(run, running.has(container.id));
    return {
      container,
      state,
      ...(run === undefined ? {} : { run }),
      endpoints: state === 'running' ? endpoints : endpoints.map(withoutHostEnd),
    };
  });
}

/** All images, the built-in one first. */
export function listImages(engine: Engine): Promise<readonly ImageReport[]> {
  return engine.store.read((snapshot) =>
    [HOST_IMAGE, ...snapshot.images.list()].map((image) => imageReport(snapshot, image)),
  );
}

/** One image. @throws KleenetError IMAGE_NOT_FOUND, ID_AMBIGUOUS */
export async function inspectImage(engine: Engine, reference: string): Promise<ImageReport> {
  const image = await findImage(engine, reference);
  return engine.store.read((snapshot) => imageReport(snapshot, image));
}

function imageReport(snapshot: Snapshot, image: Image): ImageReport {
  return { image, containers: containersFrom(snapshot, image).length };
}

function containerState(run: Run | undefined, alive: boolean): ContainerState {
  if (alive) return 'running';
  return run === undefined || run.state === 'starting' ? 'created' : 'exited';
}

/** A run that may have a live command. */
function specOf(
  snapshot: Snapshot,
  containerId: string,
  identity: HostIdentity,
): SandboxSpec | undefined {
  const container = snapshot.containers.get(containerId);
  const run = snapshot.runs.byContainer(containerId);
  if (container === undefined || run === undefined || run.state === 'ended') return undefined;
  return run.bootId === identity.bootId ? { container, run } : undefined;
}

async function runningContainers(
  engine: Engine,
  specs: readonly SandboxSpec[],
): Promise<ReadonlySet<string>> {
  if (specs.length === 0) return new Set();
  const states = await engine.platform.sandboxes.states(specs);
  return new Set(
    specs.filter((_, index) => states[index] === 'running').map(({ container }) => container.id),
  );
}

function endpointReport(
  snapshot: Snapshot,
  endpoint: Endpoint,
  identity: HostIdentity,
): EndpointReport {
  // The last one: a driver that found a name taken claims another one after it.
  const hostInterface = snapshot.claims
    .byOwner(endpointOwner(endpoint))
    .findLast(
      ({ host, resource }) => host.bootId === identity.bootId && resource.kind === 'interface',
    )?.resource.name;
  return {
    endpoint,
    networkName: networkOf(snapshot, endpoint).name,
    containerName: snapshot.containers.get(endpoint.containerId)?.name ?? '',
    ...(hostInterface === undefined ? {} : { hostInterface }),
  };
}

function withoutHostEnd({ endpoint, networkName, containerName }: EndpointReport): EndpointReport {
  return { endpoint, networkName, containerName };
}
