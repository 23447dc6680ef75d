/** klee on this Linux host: as root, in namespaces of its own. */
import type { CallingProcess } from '../../src/calling-process.ts';
import { KLEE, World, finished, spawnKlee } from './klee.ts';
import type { Finished } from './klee.ts';

/**
 * klee in this process, or the executable where the tests run with `--executable`. What it leaves at work starts the klee
 * that was built.
 */
export class LinuxWorld extends World {
  /** @param place - where its directory is made */
  constructor(place: string) {
    super('linux', place);
    this.environment['PATH'] = process.env['PATH'];
  }

  override klee(
    words: string | readonly string[],
    parts?: Partial<CallingProcess>,
  ): Promise<Finished> {
    if (parts !== undefined || process.env['KLEE_RUNTIME'] !== 'executable')
      return super.klee(words, { self: [KLEE], ...parts });
    const argv = typeof words === 'string' ? words.split(' ') : words;
    return finished(spawnKlee(argv, this.environment));
  }
}
