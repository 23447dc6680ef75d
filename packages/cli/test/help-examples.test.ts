import { equal, ok } from 'node:assert/strict';
import { suite } from 'uvu';
import { parseCommandLine } from '../src/command-line/parse.ts';
import { isPublic, route } from '../src/command-line/route.ts';
import { TREE, loadCommand } from '../src/commands/index.ts';
import { groupHelp } from '../src/help.ts';

const examples = suite('examples of the help');

/** What only a shell understands, outside quotes. */
const SHELL_SYNTAX = /[|&;<>$`~]/;

for (const path of TREE.paths.filter((name) => isPublic(name.split(' ').at(-1) ?? ''))) {
  examples(path, async () => {
    const lines = (await loadCommand(path)).examples.map(([line]) => line);
    ok(lines.length > 0, 'has no example');
    for (const line of lines.filter((candidate) => !needsShell(candidate)))
      equal(await parse(line), path, line);
  });
}

examples('those to begin with', async () => {
  const [, begin = ''] = (await groupHelp('')).split('Begin with:');
  const lines = [...begin.matchAll(/^ +klee (.*)$/gm)].map(([, line = '']) => line);
  ok(lines.length > 0);
  for (const line of lines) ok(await parse(line), line);
});

examples.run();

/** Parses a command line, and gives the path of its command. */
async function parse(line: string): Promise<string> {
  const target = route(TREE, split(line));
  if (target.kind !== 'command') throw new Error(`names no command: ${line}`);
  parseCommandLine(await loadCommand(target.path), target.words);
  return target.path;
}

function needsShell(line: string): boolean {
  return SHELL_SYNTAX.test(line.replace(/'[^']*'/g, ''));
}

/** Splits a line into words. Single quotes are all that the examples have. */
function split(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}
