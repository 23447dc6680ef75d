/** The whole host, and the network namespaces of its containers, as entries. */
import { sure } from '../../world/processes.ts';
import { addresses } from './addresses.ts';
import type { Entry, Look, Place } from './entry.ts';
import { files, mounts, namespaces } from './files.ts';
import { forwarding, links } from './links.ts';
import { routing } from './routes.ts';
import { firewall } from './rules.ts';
import { settings } from './settings.ts';

/** Interfaces that nothing configures: what differs from theirs, klee has set. */
const PLAIN = { bridge: 'plain-bridge', port: 'plain-port', end: 'plain-end' } as const;
/** A namespace with another end. */
const PLAIN_NAMESPACE = 'plain';

export async function makePlain(): Promise<void> {
  for (const line of [
    `netns add ${PLAIN_NAMESPACE}`,
    `link add name ${PLAIN.bridge} type bridge`,
    `link add name ${PLAIN.port} type veth peer name plain-peer`,
    `link set dev ${PLAIN.port} master ${PLAIN.bridge}`,
    `link add name ${PLAIN.end} type veth peer name ${PLAIN.end} netns ${PLAIN_NAMESPACE}`,
  ])
    await sure(['ip', ...line.split(' ')]);
}

/** Each is looked at by itself: the programs of a host are slow to start. */
const PARTS = [links, forwarding, addresses, routing, settings] as const;

/** What is in a namespace that nothing configures, and does not change. */
export async function lookAtPlain(): Promise<Look> {
  const place = { namespace: PLAIN_NAMESPACE, plain: PLAIN };
  return toLook((await Promise.all(PARTS.map((look) => look(place)))).flat());
}

export async function lookAt(state: string, containers: readonly string[]): Promise<Look> {
  const names = await namespaces();
  const present = containers
    .map((id) => `klee-${id}`)
    .filter((name) => names.some(({ key }) => key === `namespace ${name}`));
  const places: readonly Place[] = [
    { plain: PLAIN },
    ...present.map((namespace) => ({ namespace, plain: PLAIN })),
  ];
  const parts = await Promise.all([
    ...places.flatMap((place) => PARTS.map((look) => look(place))),
    firewall(),
  ]);
  return toLook([...parts.flat(), ...names, ...mounts(state), ...files(state)]);
}

/** Of several equal ones each counts. */
function toLook(entries: readonly Entry[]): Look {
  const look = new Map<string, Entry>();
  const copies = new Map<string, number>();
  for (const entry of entries) {
    const count = (copies.get(entry.key) ?? 0) + 1;
    copies.set(entry.key, count);
    const key = count === 1 ? entry.key : `${entry.key} #${count}`;
    look.set(key, { ...entry, key });
  }
  return look;
}

/** What something of the same kind has that nothing configures. */
export function plainValue(there: Look, plain: Look, entry: Entry): string | undefined {
  if (entry.plain === undefined) return undefined;
  const inside = entry.plain.replace(/^in klee-[0-9a-f]+:/, `in ${PLAIN_NAMESPACE}:`);
  return (plain.get(inside) ?? there.get(inside))?.value;
}
