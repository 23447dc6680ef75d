import { equal, match, ok } from 'node:assert/strict';
import { suite } from 'uvu';
import { isPublic } from '../src/command-line/route.ts';
import { GROUPS, TREE, loadCommand } from '../src/commands/index.ts';
import { World } from './support/klee.ts';

const help = suite('help');
const world = new World();
help.after(() => world.remove());

const commands = TREE.paths.filter((path) => path.split(' ').every(isPublic));

for (const path of [...commands, ...Object.keys(TREE.shortcuts)]) {
  help(`klee ${path}`, async () => {
    const text = await world.ok(`${path} --help`);
    match(text, new RegExp(`^klee ${path}`));
    match(text, /^Examples:$/m);
    ok(!/undefined|\[object|null|NaN/.test(text), text);
    ok(
      text.split('\n').every((line) => line.length <= 100),
      'wider than a page',
    );
    equal(await world.ok(`help ${path}`), text);
  });
}

help('groups list their commands', async () => {
  for (const group of Object.keys(GROUPS)) {
    const text = await world.ok(`${group} --help`);
    for (const path of commands.filter((name) => name.startsWith(`${group} `)))
      ok(text.includes(`klee ${path} `), path);
    ok(!text.includes('__'));
  }
});

help('without a command it is not a result, and not a success', async () => {
  for (const words of [[], ['network']]) {
    const { status, stdout, stderr } = await world.klee(words);
    equal(status, 2);
    equal(stdout, '');
    equal(`${stderr}`, (await world.klee([...words, '--help'])).stdout);
  }
});

help('descriptions are sentences without their full stop', async () => {
  for (const path of commands) {
    const { describe, options } = await loadCommand(path);
    match(describe, /^[A-Z].*[^.]$/);
    for (const option of Object.values(options))
      match(option.describe, /^[^A-Z].*[^.]$|^(IPv|MAC|JSON)/, `${path}: ${option.describe}`);
  }
});

help.run();
