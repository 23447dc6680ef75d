/** Where frames are seen, and where they may be. Pure. */
import type { LinkName } from './scene.ts';

/**
 * `near`, `peer`, `aside`, `inside` and `far` are containers with a stack of their own, `routed` is one of the driver ipnet;
 * `bridge …` is what the bridge of a network hands to the host, `host` what the host's own rules let in, and `port` what
 * the host takes from a port of a bridge itself.
 */
export type Place =
  | 'near'
  | 'peer'
  | 'routed'
  | 'aside'
  | 'inside'
  | 'far'
  | `bridge ${LinkName}`
  | 'host'
  | 'port'
  | 'outside';

/**
 * What may come of a frame: nothing sees it (`dropped`), only the network that it was sent on (`local`), or also what the
 * network leads to (`open`).
 */
export type Verdict = 'dropped' | 'local' | 'open';

const LOCAL: Readonly<Record<LinkName, readonly Place[]>> = {
  lan: ['bridge lan', 'near', 'peer', 'routed', 'host'],
  apart: ['bridge apart', 'host'],
  inner: ['bridge inner', 'inside', 'host'],
};

export function mayBeSeen(link: LinkName, verdict: Verdict, place: Place): boolean {
  if (verdict === 'dropped') return false;
  if (LOCAL[link].includes(place)) return true;
  return verdict === 'open' && link !== 'inner' && place === 'outside';
}
