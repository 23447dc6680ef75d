/** Fixed shell scripts: what they work on comes as arguments, which no shell parses. */
import type { Argv } from '@kleenet/core';

/** A file of a `scripts` folder, as `script/embed.mjs` makes it. */
export interface Script {
  readonly name: string;
  readonly text: string;
}

/** The command line of a script, under its name, which ps(1) shows. */
export function scriptArgv({ name, text }: Script, words: readonly string[] = []): Argv {
  return ['sh', '-c', text, name, ...words];
}
