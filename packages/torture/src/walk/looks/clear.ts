/** The end of a walk: what klee leaves when everything is removed. */
import { difference } from '../../difference.ts';
import type { World } from '../../world/world.ts';
import { isSilent } from './silence.ts';

/** Removes everything, and says what is left. */
export async function clear(world: World, before: readonly string[]): Promise<string | undefined> {
  const containers = await idsOf(world, ['container', 'ls', '-a', '--quiet']);
  for (const id of containers) await world.klee(['container', 'rm', '-f', id]);
  for (const id of await idsOf(world, ['network', 'ls', '--quiet']))
    await world.klee(['network', 'rm', id]);
  const check = await world.klee(['system', 'check']);
  const after = await world.look();
  const problems = [
    ...(isSilent(check) ? [] : [`check: ${check.stdout}${check.stderr}`]),
    ...difference(before, after),
  ];
  return problems.length === 0 ? undefined : problems.join('\n');
}

async function idsOf(world: World, words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await world.klee(words);
  return stdout.match(/[0-9a-f]{12}/g) ?? [];
}
