const ADJECTIVES = [
  'amber',
  'brisk',
  'calm',
  'deft',
  'eager',
  'fair',
  'glad',
  'keen',
  'lucid',
  'mild',
  'neat',
  'proud',
  'quick',
  'rapid',
  'sunny',
  'vivid',
];
const NOUNS = [
  'badger',
  'cedar',
  'delta',
  'ember',
  'falcon',
  'grove',
  'heron',
  'island',
  'lantern',
  'meadow',
  'otter',
  'pebble',
  'river',
  'sparrow',
  'thicket',
  'willow',
];

/** A generated name for a container: readable, and as unique as its id. */
export function randomName(id: string): string {
  const number = Number.parseInt(id.slice(0, 2), 16);
  return `${ADJECTIVES[number & 15]}-${NOUNS[number >> 4]}-${id.slice(2, 8)}`;
}
