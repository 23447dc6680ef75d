/** The complete list of volleys. */
import { FLOOD_VOLLEYS } from './floods.ts';
import { HEADER_VOLLEYS } from './headers.ts';
import { LINK_VOLLEYS } from './link.ts';
import { PACKET_VOLLEYS } from './packets.ts';
import { RESOLUTION_VOLLEYS } from './resolution.ts';
import type { Volley } from './shot.ts';
import { SOCKET_VOLLEYS } from './sockets.ts';
import { TYPE_VOLLEYS } from './types.ts';

/** For containers with a stack of their own. */
export const FRAME_VOLLEYS: readonly Volley[] = [
  ...TYPE_VOLLEYS,
  ...LINK_VOLLEYS,
  ...RESOLUTION_VOLLEYS,
  ...PACKET_VOLLEYS,
  ...HEADER_VOLLEYS,
  ...FLOOD_VOLLEYS,
];
/** For containers of the driver ipnet. */
export { SOCKET_VOLLEYS };

export function volleyOf(wanted: string): Volley {
  const found = [...FRAME_VOLLEYS, ...SOCKET_VOLLEYS].find(({ name }) => name === wanted);
  if (found === undefined) throw new TypeError(`there is no volley '${wanted}'`);
  return found;
}
