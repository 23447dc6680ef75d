/** A host of its own with real containers, and a neighbour outside; for tests that look at packets. */
import { spawn, spawnSync } from 'node:child_process';
import { LinuxWorld } from './linux.ts';

/** Greets whoever connects or sends to one of its ports, and says from which address. */
const SERVER = `
const [name, ...ports] = process.argv.slice(1);
const plain = (a) => a.replace(/^::ffff:/, '');
for (const port of ports) {
  require('net').createServer((s) => { s.on('error', () => {}); s.end(name + ' ' + plain(s.remoteAddress)); }).listen(+port, '::');
  const udp = require('dgram').createSocket('udp6', (m, r) => udp.send(name + ' ' + plain(r.address), r.port, r.address)).bind(+port);
}
setTimeout(() => {}, 1e9);`;

/** Asks all questions at once, and prints the greetings in their order: empty where there was none in time. */
const CLIENT = `
const questions = JSON.parse(process.argv[1]);
const ask = ({ protocol = 'tcp', address, port, source, patience = 1200 }) => new Promise((resolve) => {
  setTimeout(() => resolve(''), patience);
  const none = () => resolve('');
  if (protocol === 'tcp') {
    require('net').connect({ host: address, port, localAddress: source }).on('data', (d) => resolve(String(d))).on('error', none);
    return;
  }
  const udp = require('dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4').on('message', (d) => resolve(String(d))).on('error', none);
  udp.bind(0, source, () => udp.send('?', port, address, (error) => error && none()));
});
Promise.all(questions.map(ask)).then((said) => { process.stdout.write(JSON.stringify(said)); process.exit(0); });`;

/** The namespace of the neighbour, which is not a container. */
const OUTSIDE = 'outside';

/** The host's side of the link to the neighbour. */
export const UPLINK = 'uplink';
export const HOST_ADDRESS = { ipv4: '192.0.2.1', ipv6: '2001:db8::1' } as const;
export const OUTSIDE_ADDRESS = { ipv4: '192.0.2.2', ipv6: '2001:db8::2' } as const;

/** How to ask; by TCP and with the address that the kernel chooses where nothing is said. */
export interface Probe {
  readonly protocol?: 'tcp' | 'udp';
  readonly source?: string;
  /** How long to wait for an answer, in milliseconds. */
  readonly patience?: number;
}

export interface Question extends Probe {
  readonly from: string;
  readonly address: string;
  readonly port: number;
}

export class PacketHost {
  readonly #world = new LinuxWorld('/run');
  readonly #namespaces = new Map<string, string>();
  readonly #addresses = new Map<string, string>();

  constructor() {
    ip('netns add', OUTSIDE);
    ip(`link add name ${UPLINK} type veth peer name eth0 netns ${OUTSIDE}`);
    ip(`address add ${HOST_ADDRESS.ipv4}/24 dev ${UPLINK}`);
    ip(`address add ${HOST_ADDRESS.ipv6}/64 dev ${UPLINK} nodad`);
    ip(`link set dev ${UPLINK} up`);
    for (const line of [
      'link set dev lo up',
      `address add ${OUTSIDE_ADDRESS.ipv4}/24 dev eth0`,
      `address add ${OUTSIDE_ADDRESS.ipv6}/64 dev eth0 nodad`,
      'link set dev eth0 up',
    ]) {
      ip(`-netns ${OUTSIDE} ${line}`);
    }
    ip(`route add default via ${OUTSIDE_ADDRESS.ipv4}`);
    ip(`-6 route add default via ${OUTSIDE_ADDRESS.ipv6}`);
    this.serve(OUTSIDE, 'outside', 7);
  }

  /** Runs a command line that must succeed. */
  klee(...words: readonly string[]): Promise<string> {
    return this.#world.ok(words.flatMap((part) => part.split(' ')));
  }

  /** Starts a container that does nothing by itself, and servers in its network namespace. */
  async container(name: string, options: string, ...ports: readonly number[]): Promise<void> {
    const id = await this.klee(`run -d --name ${name} ${options} host sleep 3600`);
    this.#namespaces.set(name, `klee-${id}`);
    this.serve(`klee-${id}`, name, ...ports);
  }

  serve(namespace: string, name: string, ...ports: readonly number[]): void {
    const child = spawn(
      'ip',
      ['netns', 'exec', namespace, process.execPath, '-e', SERVER, name, ...ports.map(String)],
      { stdio: 'inherit' },
    );
    child.unref();
  }

  /** A server on the host itself. */
  serveOnHost(name: string, port: number): void {
    spawn(process.execPath, ['-e', SERVER, name, String(port)], { stdio: 'inherit' }).unref();
  }

  /** The address of a container in a network. */
  async address(network: string, container: string, family: 'ipv4' | 'ipv6'): Promise<string> {
    const known = this.#addresses.get(`${network} ${container} ${family}`);
    if (known !== undefined) return known;
    const { network_endpoints: endpoints } = JSON.parse(
      await this.klee(`network inspect ${network}`),
    ) as {
      network_endpoints: readonly {
        container_name: string;
        ip_address: string;
        ip_address6: string;
      }[];
    };
    const found = endpoints.find(({ container_name: name }) => name === container);
    const address = (family === 'ipv4' ? found?.ip_address : found?.ip_address6) ?? '';
    this.#addresses.set(`${network} ${container} ${family}`, address);
    return address;
  }

  /** What answers there: the server's name and the address that it sees, or nothing. From `host`, `outside` or a container. */
  async ask(from: string, address: string, port: number, probe: Probe = {}): Promise<string> {
    return (await this.#askFrom(from, [{ from, address, port, ...probe }]))[0] ?? '';
  }

  /** Asks all, and gives the answers by name. */
  async askAll(questions: ReadonlyMap<string, Question>): Promise<ReadonlyMap<string, string>> {
    const answers = new Map<string, string>();
    const from = new Set([...questions.values()].map((question) => question.from));
    await Promise.all(
      [...from].map(async (asker) => {
        const own = [...questions].filter(([, question]) => question.from === asker);
        const said = await this.#askFrom(
          asker,
          own.map(([, question]) => question),
        );
        own.forEach(([name], index) => answers.set(name, said[index] ?? ''));
      }),
    );
    return answers;
  }

  async #askFrom(from: string, questions: readonly Question[]): Promise<readonly string[]> {
    const client = [process.execPath, '-e', CLIENT, JSON.stringify(questions)];
    const [program = '', ...words] =
      from === 'host' ? client : ['ip', 'netns', 'exec', this.namespace(from), ...client];
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (data) => (said += String(data)));
    await new Promise((resolve) => child.once('close', resolve));
    return JSON.parse(said) as readonly string[];
  }

  /** Changes something inside a container, as one with all rights would. */
  inside(container: string, line: string): void {
    ip(`-netns ${this.namespace(container)} ${line}`);
  }

  namespace(name: string): string {
    return name === OUTSIDE ? OUTSIDE : (this.#namespaces.get(name) ?? name);
  }
}

export function ip(...parts: readonly string[]): string {
  return run('ip', ...parts.flatMap((part) => part.split(' ')));
}

export function run(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** Whether bridged packets cross the rules for routed ones, too; most hosts with containers have it on. */
export function setBridgeFilter(on: boolean): void {
  const value = on ? '1' : '0';
  run(
    'sysctl',
    '-q',
    '-e',
    '-w',
    `net.bridge.bridge-nf-call-iptables=${value}`,
    `net.bridge.bridge-nf-call-ip6tables=${value}`,
  );
}
