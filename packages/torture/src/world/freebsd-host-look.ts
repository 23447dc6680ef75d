/** What a real FreeBSD host has: what klee could leave there, and whether somebody else uses it. */
import type { OnHost } from './processes.ts';

/** What netstat(1), ifconfig(8) and ps(1) say in another way each time. */
const VOLATILE = /scopeid 0x[0-9a-f]+/g;

export async function lookAtFreebsdHost(host: OnHost, state: string): Promise<readonly string[]> {
  // Before the others, some of which name the directory of the state, too.
  const processes = await processesOf(host, state);
  const parts = await Promise.all([
    lines(host, 'interface', ['ifconfig', '-a']),
    lines(host, 'route', ['netstat', '-rn']),
    lines(host, 'jail', ['jls', 'name']),
    lines(host, 'mount', ['mount', '-p']),
    lines(host, 'pf', ['pfctl', '-s', 'rules']),
    lines(host, 'pf', ['pfctl', '-s', 'nat']),
    lines(host, 'sysctl', ['sysctl', 'net.link.bridge']),
    lines(host, 'file', ['find', '/var/run/kleenet']),
    ...['containers', 'images'].map((name) =>
      lines(host, `file: ${name}/`, ['ls', `${state}/${name}`]),
    ),
    pfOf(host),
  ]);
  return [...processes, ...parts.flat()].toSorted();
}

/** Commands may fail where there is nothing of what they list. */
async function lines(
  host: OnHost,
  name: string,
  argv: readonly string[],
): Promise<readonly string[]> {
  const { stdout } = await host(argv);
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `${name}: ${line.replaceAll(VOLATILE, '').trim()}`);
}

/** The anchors of klee. */
export async function anchorsOf(host: OnHost): Promise<readonly string[]> {
  const { stdout } = await host(['pfctl', '-s', 'Anchors', '-v']);
  return stdout.match(/klee\/\S+/g) ?? [];
}

/** Rules and tables of the anchors of klee. An anchor without any is as good as none. */
async function pfOf(host: OnHost): Promise<readonly string[]> {
  const anchors = await anchorsOf(host);
  const parts = anchors.flatMap((anchor) =>
    ['rules', 'nat', 'Tables'].map((what) =>
      lines(host, `pf: ${anchor}`, ['pfctl', '-a', anchor, '-s', what]),
    ),
  );
  return (await Promise.all(parts)).flat();
}

async function processesOf(host: OnHost, state: string): Promise<readonly string[]> {
  const all = await lines(host, 'process', ['ps', '-axwwo', 'command']);
  return all.filter((line) => line.includes(state));
}

/** Why a walk must not begin here; nothing where the host is nobody's. */
export async function signsOfUse(host: OnHost): Promise<readonly string[]> {
  const release = await host(['sysctl', '-n', 'kern.ostype']);
  if (release.stdout.trim() !== 'FreeBSD')
    return [`it does not answer as FreeBSD: ${release.stdout}${release.stderr}`.trim()];
  const signs = await Promise.all([
    lines(host, 'jail', ['jls', 'name']),
    lines(host, 'interface of klee', ['ifconfig', '-g', 'klee']),
    lines(host, 'state of klee', ['find', '/var/db/kleenet', '/var/run/kleenet', '-type', 'f']),
    pfOf(host),
  ]);
  return signs.flat();
}
