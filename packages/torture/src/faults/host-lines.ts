/** What the host has, without what differs each time. */
import type { World } from '../world/world.ts';

/** What the host has. Ids and MAC addresses are others each time. */
export async function hostLines(world: World): Promise<readonly string[]> {
  return (await world.look()).flatMap(elements).map(masked).toSorted();
}

/** Of a set of nftables, each element by itself: their order is that of the ids. */
function elements(line: string): readonly string[] {
  if (!/^nft: (elements = \{|["\d].*[,}]$)/.test(line)) return [line];
  return line
    .replace(/^nft: (elements = \{)?|\}$/g, '')
    .split(',')
    .map((one) => `nft: ${one.trim()}`)
    .filter((one) => one !== 'nft: ');
}

function masked(line: string): string {
  return line
    .replaceAll(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, 'MAC')
    .replaceAll(/(klc|kln|klv|kle|klee-)?[0-9a-f]{10,12}\b/g, '$1ID')
    .replaceAll(/fe80::[0-9a-f:]+/g, 'LINKLOCAL');
}
