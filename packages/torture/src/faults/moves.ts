/** Makes the moves of a scenario: steps of walks, plain commands, and what happens to the host. */
import { copyModel } from '../model/state.ts';
import type { Model } from '../model/state.ts';
import type { Ended } from '../world/processes.ts';
import type { World } from '../world/world.ts';
import { kindOf } from '../walk/steps/index.ts';
import { applyEffect } from './scenarios.ts';
import type { Move, Plain } from './scenarios.ts';

/** Makes a move that must succeed. */
export async function make(world: World, model: Model, move: Move): Promise<void> {
  if (move.do === 'reboot') await world.reboot();
  else if (move.do === 'host') await sure(move, world.host(move['words'] as readonly string[]));
  else await sure(move, world.klee(await wordsOf(world, model, move)));
  change(model, move);
}

async function sure(move: Move, ended: Promise<Ended>): Promise<void> {
  const { status, stdout, stderr } = await ended;
  if (status !== 0)
    throw new MoveFailed(`${JSON.stringify(move)} failed (${status}): ${stderr}${stdout}`);
}

/** A command without any fault failed. */
export class MoveFailed extends Error {}

export function change(model: Model, move: Move): void {
  if (isPlain(move)) applyEffect(model, move.effect);
  else if (move.do === 'reboot') applyEffect(model, 'all stop');
  else if (move.do !== 'host') {
    const refusals = kindOf(move).change(model, move);
    if (refusals.length > 0) throw new Error(`${JSON.stringify(move)}: ${refusals.join()}`);
  }
}

/** The command line of a move. */
export async function wordsOf(world: World, model: Model, move: Move): Promise<readonly string[]> {
  if (isPlain(move)) return move.words;
  let found: readonly string[] = [];
  const klee = async (words: readonly string[]): Promise<Ended> => {
    found = words;
    return { status: 0, stdout: '', stderr: '' };
  };
  await kindOf(move).act({ ...world, klee }, move, [], copyModel(model));
  return found;
}

function isPlain(move: Move): move is Move & Plain {
  return move.do === 'command';
}
