/** Starting a container's command under its supervisor. */
import type {
  Argv,
  CommandRunner,
  Container,
  Launch,
  Operation,
  SandboxSpec,
  Started,
} from '@kleenet/core';
import { settleAll } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { containerCommand } from '../container/command.ts';
import { HOST_IMAGE } from '../container/layout.ts';
import { noServersWarning } from '../container/resolver.ts';
import { stderrOf } from '../runner/failures.ts';
import { putFile } from './direct.ts';
import { callerOf } from './host.ts';
import type { RunPaths } from './layout.ts';
import { programMounts, viewHost } from './host-image.ts';
import type { HostImageRequest } from './host-image.ts';
import { resolvConf } from './name-resolution.ts';
import { ociConfig } from './oci-config.ts';
import { startFailure } from './runtime.ts';
import { sandboxName } from './names.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import {
  awaitArgv,
  launchArgv,
  lifeArgv,
  putFileArgv,
  startedHook,
  superviseArgv,
} from './supervisor.ts';
import { relayFor, requireRelay } from './terminal.ts';
import type { Relay } from './terminal.ts';
import { resolveUser } from './users.ts';

/** The runtime is slow on a busy host, for example when many containers start at once. */
const START_TIMEOUT = 120_000;

interface StartRequest extends SandboxSpec {
  readonly launch: Launch;
  readonly connected: Promise<void>;
}

export async function startSandbox(
  dependencies: SandboxDependencies,
  { launch, connected, ...spec }: StartRequest,
  operation: Operation,
): Promise<Started> {
  const { commands, layout } = dependencies;
  const paths = layout.run(spec.container.id, spec.run.id);
  const runtime = (await dependencies.runtime()).path;
  const relay = relayOf(spec.container, launch);
  await requireRelay(dependencies.files, relay);
  await settleAll([writeBundle(dependencies, spec, launch, operation), connected]);
  const reap = [...(await reapPrefix(dependencies)), ...launch.reap];
  const request = {
    runtime,
    paths,
    name: sandboxName(spec.container.id),
    reap,
    relay,
    log: layout.container(spec.container.id).log,
    logLimit: dependencies.logLimit,
  };
  if (launch.mode === 'foreground') {
    const argv = superviseArgv({ ...request, mode: 'foreground' });
    return startForeground(commands, spec, paths, argv, launch.stdin, operation);
  }
  await translateFailure(spec, () =>
    commands.change(launchArgv({ ...request, architecture: dependencies.architecture }), {
      signal: operation.signal,
      timeout: START_TIMEOUT,
    }),
  );
  return {};
}

/** A detached command keeps its terminal, and its output goes to the log. */
function relayOf({ terminal }: Container, launch: Launch): Relay {
  if (launch.mode === 'detached') return relayFor(terminal, false, undefined);
  return relayFor(terminal, launch.stdin, launch.terminal);
}

/** A supervisor runs behind the command prefix, usually as root, but the state to reap belongs to the caller. */
async function reapPrefix({
  commandPrefix,
  files,
}: SandboxDependencies): Promise<readonly string[]> {
  if (commandPrefix.length === 0) return [];
  const { uid, gid } = callerOf((await files.read('/proc/self/status')) ?? '');
  return uid === '0' ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--'];
}

async function hostImageOf(
  { commands, files, layout }: SandboxDependencies,
  { imageId }: Container,
): Promise<HostImageRequest | undefined> {
  if (imageId !== HOST_IMAGE) return undefined;
  const [mounts, view] = await Promise.all([
    files.read('/proc/self/mounts'),
    viewHost(commands, layout.directory),
  ]);
  return { hostMounts: programMounts(mounts ?? ''), view };
}

async function writeBundle(
  dependencies: SandboxDependencies,
  { container, run }: SandboxSpec,
  launch: Launch,
  { signal }: Operation,
): Promise<void> {
  const { commands, layout, architecture } = dependencies;
  const { rootfs, hosts } = layout.container(container.id);
  const paths = layout.run(container.id, run.id);
  const resolver = await resolverFiles(dependencies, container, paths);
  const config = ociConfig({
    container,
    runId: run.id,
    sandbox: run.sandbox,
    rootfs,
    user: await resolveUser(commands, rootfs, container.user),
    window: launch.mode === 'foreground' ? launch.terminal : undefined,
    startedHook: startedHook(paths),
    files:
      container.stack === 'host'
        ? resolver.files
        : [{ source: hosts, target: '/etc/hosts', writable: true }, ...resolver.files],
    hostImage: await hostImageOf(dependencies, container),
    architecture,
  });
  await commands.change(lifeArgv(paths), { signal });
  await put(paths.config, JSON.stringify(config));
  if (resolver.text !== undefined) await put(paths.resolver, resolver.text);

  async function put(path: string, text: string): Promise<void> {
    const directly = (): Promise<void> => putFile(path, text);
    await commands.change(putFileArgv(path), { input: text, signal, directly });
  }
}

/** The source of a container's resolv.conf, and the text of a generated one. */
async function resolverFiles(
  { files, logger }: SandboxDependencies,
  container: Container,
  { resolver }: RunPaths,
): Promise<{
  readonly files: readonly { readonly source: string; readonly target: string }[];
  readonly text?: string;
}> {
  const found = await resolvConf(files, container.stack);
  if (found === undefined) return { files: [] };
  if (found.lacksServers && container.stack !== 'none') logger.warn(noServersWarning(container));
  const target = '/etc/resolv.conf';
  return found.text === undefined
    ? { files: [{ source: found.source, target }] }
    : { files: [{ source: resolver, target }], text: found.text };
}

async function startForeground(
  commands: CommandRunner,
  spec: SandboxSpec,
  paths: RunPaths,
  argv: Argv,
  stdin: boolean,
  operation: Operation,
): Promise<Started> {
  const running = commands.foreground(argv, { stdin });
  const waiting = new AbortController();
  const news = commands.read(awaitArgv(paths), {
    accept: [0, 1],
    timeout: START_TIMEOUT,
    signal: AbortSignal.any([operation.signal, waiting.signal]),
  });
  const started = await Promise.race([
    news.then(({ status }) => status === 0),
    running.exited.then(() => false),
  ]);
  if (started) return running;
  await running.exited;
  waiting.abort();
  await Promise.allSettled([news]);
  await throwStartFailure(commands, spec, paths);
  return running;
}

/** A short command may already have ended: then its status is recorded, and there is no failure. */
async function throwStartFailure(
  commands: CommandRunner,
  { container }: SandboxSpec,
  paths: RunPaths,
): Promise<void> {
  const recorded = await commands.read(['cat', paths.status], { accept: [0, 1] });
  if (recorded.status === 0) return;
  const { stdout } = await commands.read(['cat', paths.runtimeLog], { accept: [0, 1] });
  const failure = startFailure(stdout, containerCommand(container));
  if (failure !== undefined) throw failure;
}

/** Replaces "a command failed" by the runtime's message. */
async function translateFailure(spec: SandboxSpec, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
    throw startFailure(stderrOf(error), containerCommand(spec.container)) ?? error;
  }
}
