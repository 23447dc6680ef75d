/** The mark in a frame, by which whoever sees it knows its number. Pure. */
import { join, u32 } from '../frames/bytes.ts';

const MAGIC = Buffer.from('kMrk');

/** `seed` keeps the frames of different runs apart. */
export function markOf(seed: number, number: number): Buffer {
  return join(MAGIC, u32(seed), u32(number));
}
