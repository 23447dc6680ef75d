/** What a modelled FreeBSD host has: what klee could leave there. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FreebsdHost } from '@kleenet/freebsd-model';

/** Of if_bridge(4). Forwarding stays on for good; a boot switches it off. */
const SETTINGS = ['sysctl', 'net.link.bridge'] as const;

export function lookAtModel(host: FreebsdHost, directory: string): readonly string[] {
  const { stacks, jails, mounts, pf, files } = host.state;
  return [
    // As the host shows them: one that was set to its default is as before.
    ...host
      .run(SETTINGS)
      .stdout.trim()
      .split('\n')
      .map((line) => `sysctl: ${line}`),
    ...Object.entries(stacks).flatMap(([jid, stack]) => [
      ...stack.interfaces.map(
        ({ name, up, mtu, ether, description, groups, addresses, members }) =>
          `interface: ${JSON.stringify([jid, name, up, mtu, ether, description, groups, addresses, members])}`,
      ),
      ...stack.routes.map(
        ({ destination, prefix, gateway }) => `route: ${jid} ${destination}/${prefix} ${gateway}`,
      ),
      ...Object.entries(stack.inherited).map(([address, index]) => `route: ${address} ${index}`),
    ]),
    ...jails.map(({ name, dying }) => `jail: ${name}${dying ? ' dying' : ''}`),
    ...mounts.map(({ source, target }) => `mount: ${source} at ${target}`),
    ...[pf.main, ...Object.values(pf.anchors)].flatMap(({ nat, rules }) =>
      [...nat, ...rules].map((line) => `pf: ${line}`),
    ),
    ...Object.entries(pf.anchors).flatMap(([anchor, { tables }]) =>
      Object.keys(tables).map((table) => `pf: table ${table} of ${anchor}`),
    ),
    ...pf.skip.map((name) => `pf: skip ${name}`),
    ...['containers', 'images'].flatMap((folder) =>
      existsSync(join(directory, folder))
        ? readdirSync(join(directory, folder)).map((name) => `file: ${folder}/${name}`)
        : [],
    ),
    // Files of the model, where klee keeps what it knows of runs.
    ...Object.keys(files)
      .filter((path) => path.startsWith(directory))
      .map((path) => `file: ${path}`),
  ].toSorted();
}
