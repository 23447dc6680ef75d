/** The part of the machine that leaves out entries of a container's confinement, and looks whether a probe notices. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openLinux } from '../../world/linux.ts';
import type { LinuxOptions } from '../../world/linux.ts';
import { run, sure } from '../../world/processes.ts';
import type { World } from '../../world/world.ts';
import type { Found, Outcome, Progress } from '../findings.ts';
import { inTurn } from '../../order.ts';
import { CALLS, CALLS32, CAPABILITIES } from './calls.ts';
import { entriesOf } from './entries.ts';
import type { Config, Entry, Part } from './entries.ts';
import { reasonFor } from './excused.ts';
import { NATIVE_ONLY, unexpected } from './expected.ts';

const WORK = '/run/torture-confinement';
const SHARED = `${WORK}/shared`;
const STATE = `${WORK}/runc`;
/** Where containers find what is shared with them. */
const INSIDE = '/mnt/probe';

/** The drivers whose containers are confined differently. */
export const DRIVERS = ['vnet', 'ipnet', 'host'] as const;

type Said = Readonly<Record<string, string>>;

/** A container of a driver, whose configuration is tried again with changes. */
class Subject {
  readonly #config: Config;
  readonly #baselines = new Map<string, Promise<Said>>();
  #runs = 0;

  private constructor(config: Config) {
    this.#config = config;
  }

  static async open(world: World, driver: string): Promise<Subject> {
    mkdirSync(SHARED, { recursive: true });
    // Mounts of the host are shared with new namespaces where systemd runs.
    await sure(['mount', '-t', 'tmpfs', 'tmpfs', SHARED]);
    await sure(['mount', '--make-shared', SHARED]);
    copyFileSync(join(import.meta.dirname, 'probe.py'), join(SHARED, 'probe.py'));
    const program = execFileSync('which', ['id'], { encoding: 'utf8' }).trim();
    copyFileSync(program, join(SHARED, 'setuid'));
    chmodSync(join(SHARED, 'setuid'), 0o4755);
    const words = ['network', 'create', '-t', 'bridge', '--subnet', '10.77.1.0/24', 'lan'];
    if (driver !== 'host') await succeed(world, words);
    const network = driver === 'host' ? '' : ' --network lan';
    const mounts = `--mount ${SHARED}:${INSIDE} --mount ${SHARED}:/mnt/closed:ro`;
    const line = `run -d --driver ${driver} --name subject${network} ${mounts} host sleep 86400`;
    await succeed(world, line.split(' '));
    const [bundle] = (
      await sure(['find', '/run', '-xdev', '-name', 'config.json', '-path', '*/containers/*'])
    ).split('\n');
    const config = JSON.parse(readFileSync(bundle ?? '', 'utf8')) as Config;
    // Where directories of the host have modes of their own, those of the container differ from them.
    for (const { destination, type } of config.mounts) {
      const path = join(config.root.path, destination);
      if (type === 'tmpfs' && existsSync(path) && statSync(path).isDirectory())
        chmodSync(path, 0o711);
    }
    return new Subject(config);
  }

  entries(): readonly Entry[] {
    return entriesOf(this.#config, heldCapabilities());
  }

  /** What a new network namespace has: that of the container keeps what earlier runs have set. */
  async #resetSettings(): Promise<void> {
    const network = this.#config.linux.namespaces.find(({ type }) => type === 'network')?.path;
    if (network === undefined) return;
    const usual = ['net.ipv4.ping_group_range=1 0', 'net.ipv4.ip_unprivileged_port_start=1024'];
    await sure(['nsenter', `--net=${network}`, 'sysctl', '-q', '-w', ...usual]);
  }

  /** What the probe says of the configuration, with these changes. */
  async say(
    parts: readonly Part[],
    ...changes: readonly ((config: Config) => void)[]
  ): Promise<Said> {
    this.#runs += 1;
    const id = `probe-${this.#runs}`;
    const config = structuredClone(this.#config);
    const order = this.#order(parts);
    for (const change of changes) change(config);
    delete config.hooks;
    config.process.args = ['python3', `${INSIDE}/probe.py`, JSON.stringify(order)];
    config.linux.cgroupsPath = `${config.linux.cgroupsPath}-${id}`;
    const bundle = join(WORK, id);
    mkdirSync(bundle, { recursive: true });
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    if (parts.includes('abilities')) await this.#resetSettings();
    const { status, stdout, stderr } = await run(
      ['runc', '--root', STATE, 'run', '--bundle', bundle, id],
      { after: 60_000 },
    );
    if (status === 0) return JSON.parse(stdout) as Said;
    await run(['runc', '--root', STATE, 'delete', '--force', id]);
    const last = /msg="(.*)"$/.exec(stderr.trim())?.[1];
    return { start: last ?? `ended with status ${status}` };
  }

  /** What the probe says of the configuration as it is, or alone. */
  baseline(parts: readonly Part[], alone?: (config: Config) => void): Promise<Said> {
    const key = `${parts.join()} ${alone === undefined ? '' : 'alone'}`;
    const known =
      this.#baselines.get(key) ?? this.say(parts, ...(alone === undefined ? [] : [alone]));
    this.#baselines.set(key, known);
    return known;
  }

  #order(parts: readonly Part[]): object {
    const { mounts, linux } = this.#config;
    const flags = [25, 26, 27, 28, 29, 30, 17].map((bit) => 2 ** bit);
    const network = linux.namespaces.find(({ type }) => type === 'network')?.path;
    return {
      parts,
      calls: CALLS,
      calls32: CALLS32,
      flags,
      families: Array.from({ length: 46 }, (_, family) => family),
      setuid: `${INSIDE}/setuid`,
      paths: [...mounts.map(({ destination }) => destination), ...linux.maskedPaths],
      writes: [...linux.readonlyPaths, '/sys', '/mnt/closed'],
      namespaces: Object.fromEntries(
        ['pid', 'ipc', 'uts', 'mnt', 'cgroup', 'net'].map((type) => [
          type,
          readlinkSync(`/proc/self/ns/${type}`),
        ]),
      ),
      network:
        network === undefined
          ? readlinkSync('/proc/self/ns/net')
          : `net:[${statSync(network).ino}]`,
    };
  }
}

/** Those that this process may give away (capabilities(7)). */
function heldCapabilities(): readonly string[] {
  const [, mask = '0'] = /^CapBnd:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return CAPABILITIES.filter((_, number) => (BigInt(`0x${mask}`) >> BigInt(number)) % 2n === 1n);
}

async function succeed(world: World, words: readonly string[]): Promise<void> {
  const { status, stderr } = await world.klee(words);
  if (status !== 0) throw new Error(`klee ${words.join(' ')}: ${stderr}`);
}

/** What the probe says otherwise without an entry: with all others, or else where it is alone. */
async function difference(
  subject: Subject,
  { parts, without, alone, ignored }: Entry,
): Promise<string | undefined> {
  for (const base of alone === undefined ? [undefined] : [undefined, alone]) {
    const [usual, changed] = [
      await subject.baseline(parts, base),
      await subject.say(parts, ...(base === undefined ? [] : [base]), without),
    ];
    if (usual['start'] !== undefined)
      throw new Error(`a container does not start: ${usual['start']}`);
    const names = [...new Set([...Object.keys(usual), ...Object.keys(changed)])];
    const [first] = names.filter(
      (name) => usual[name] !== changed[name] && ignored?.test(name) !== true,
    );
    if (first !== undefined) return `${first}: ${changed[first]} instead of ${usual[first]}`;
  }
  return undefined;
}

/** Whether this kernel has what an entry is about. */
function isHere({ path, for32 = false }: Entry, said: Said): boolean {
  return (path === undefined || existsSync(path)) && (!for32 || said[NATIVE_ONLY] === 'ok');
}

export async function tryConfinement(
  driver: string,
  { seed, until, log }: Progress,
  { only, ...options }: LinuxOptions & { readonly only?: string } = {},
): Promise<Outcome> {
  const world = await openLinux({ servers: false, ...options });
  const subject = await Subject.open(world, driver);
  const said = await subject.say(['system_calls', 'abilities', 'places', 'namespaces']);
  log(JSON.stringify(said));
  const wrong = unexpected(driver, said).map((text): Found => ({ kind: 'wrong probe', text }));
  if (wrong.length > 0) return { tried: {}, found: wrong };
  const entries = inTurn(
    subject.entries().filter(({ name }) => only === undefined || new RegExp(only).test(name)),
    seed,
    ({ kind }) => kind,
  );
  const tried = { 'entries left out': 0, 'of entries': entries.length, 'not on this kernel': 0 };
  const found: Found[] = [];
  for (const entry of entries) {
    if (tried['entries left out'] > 0 && Date.now() >= until) break;
    if (!isHere(entry, said)) {
      tried['not on this kernel'] += 1;
      continue;
    }
    const noticed = await difference(subject, entry);
    const reason = noticed === undefined ? reasonFor(entry) : undefined;
    log(`${entry.name}\n   ${noticed ?? reason ?? 'NOT NEEDED'}`);
    if (noticed === undefined && reason === undefined)
      found.push({ kind: 'not needed', text: entry.name });
    tried['entries left out'] += 1;
  }
  await world.close();
  return { tried, found };
}
