/**
 * What short commands cost as whole processes, as a ratio to an empty Node process in the same run, and beside podman
 * where it is installed. The commands take turns, so that other load on the machine falls on all of them.
 *
 *     script/bench processes
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';

/** How often each command is timed. */
const ROUNDS = 30;

interface Measured {
  readonly name: string;
  readonly argv: readonly string[];
  /** Runs after each timed run, and puts things back. */
  readonly undo?: readonly string[];
}

const work = mkdtempSync('/run/kleenet-bench-');
const klee = join(import.meta.dirname, '../bin/klee');
const environment = { ...process.env, KLEE_ROOT: join(work, 'state'), HOME: work };
// It makes Node read a file of certificates at every start.
delete environment['NODE_EXTRA_CA_CERTS'];

function run(argv: readonly string[]): void {
  const { status, stderr } = spawnSync(argv[0] ?? '', argv.slice(1), {
    env: environment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}

function time(argv: readonly string[]): number {
  const start = process.hrtime.bigint();
  run(argv);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Two networks and a stopped container on the second: connecting it to the first is only state. */
function prepareKlee(): readonly Measured[] {
  run([klee, 'network', 'create', '--subnet', '10.90.0.0/16', 'net']);
  run([klee, 'create', '--name', 'stopped', '--driver', 'ipnet', 'host']);
  run([klee, 'run', '-d', '--name', 'running', '--driver', 'ipnet', 'host', 'sleep', '600']);
  const pair = (container: string): readonly Measured[] => {
    const connect = [klee, 'network', 'connect', 'net', container];
    const disconnect = [klee, 'network', 'disconnect', 'net', container];
    return [
      { name: `klee network connect (${container})`, argv: connect, undo: disconnect },
      { name: `klee network disconnect (${container})`, argv: disconnect, undo: connect },
    ];
  };
  const [connectStopped, disconnectStopped] = pair('stopped');
  const [connectRunning, disconnectRunning] = pair('running');
  return [
    { name: 'klee --version', argv: [klee, '--version'] },
    { name: 'klee network ls', argv: [klee, 'network', 'ls'] },
    connectStopped,
    disconnectStopped,
    connectRunning,
    disconnectRunning,
  ].filter((measured) => measured !== undefined);
}

function preparePodman(): readonly Measured[] {
  if (spawnSync('podman', ['--version']).status !== 0) {
    process.stdout.write('podman is not installed: nothing to compare with\n');
    return [];
  }
  const rootfs = join(work, 'rootfs');
  mkdirSync(join(rootfs, 'bin'), { recursive: true });
  copyFileSync('/bin/true', join(rootfs, 'bin/true'));
  const own = { root: join(work, 'podman'), runroot: join(work, 'podman-run') };
  const networks = join(work, 'podman-networks');
  const podman =
    `podman --root ${own.root} --runroot ${own.runroot} --storage-driver vfs --cgroup-manager cgroupfs --network-config-dir ${networks}`.split(
      ' ',
    );
  run([...podman, 'network', 'create', '--subnet', '10.91.0.0/24', 'first']);
  run([...podman, 'network', 'create', '--subnet', '10.92.0.0/24', 'net']);
  run([
    ...podman,
    'create',
    '--name',
    'stopped',
    '--network',
    'first',
    '--rootfs',
    rootfs,
    '/bin/true',
  ]);
  const connect = [...podman, 'network', 'connect', 'net', 'stopped'];
  const disconnect = [...podman, 'network', 'disconnect', 'net', 'stopped'];
  return [
    { name: 'podman network connect (stopped)', argv: connect, undo: disconnect },
    { name: 'podman network disconnect (stopped)', argv: disconnect, undo: connect },
  ];
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

const empty: Measured = { name: 'node -e 0', argv: [process.execPath, '-e', '0'] };
const measured = [empty, ...prepareKlee(), ...preparePodman()];
const times = new Map(measured.map(({ name }) => [name, [] as number[]]));
for (let round = 0; round < ROUNDS; round++) {
  for (const { name, argv, undo } of measured) {
    // What is disconnected has to be connected first.
    if (name.includes('disconnect') && undo !== undefined) run(undo);
    times.get(name)?.push(time(argv));
    if (!name.includes('disconnect') && undo !== undefined) run(undo);
  }
}
const base = median(times.get(empty.name) ?? []);
process.stdout.write(`medians of ${ROUNDS} rounds, Node ${process.version}\n`);
for (const { name } of measured) {
  const middle = median(times.get(name) ?? []);
  process.stdout.write(
    `${name.padEnd(38)} ${middle.toFixed(1).padStart(7)} ms  ${(middle / base).toFixed(2).padStart(5)} x node -e 0\n`,
  );
}
run([klee, 'container', 'rm', '-f', 'running', 'stopped']);
run([klee, 'network', 'rm', 'net']);
