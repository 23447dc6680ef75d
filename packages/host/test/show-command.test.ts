import { deepEqual } from 'node:assert/strict';
import { suite } from 'uvu';
import { commandLines } from '../src/show-command.ts';

const test = suite('commands of a dry run');

const SCRIPT = '\nif [ -d "$1" ]; then\n  rm -r "$1"\nfi\n';

test('a command is as the shell takes it, with its input below', () => {
  deepEqual(
    commandLines(['pfctl', '-a', "it's", '-f', '-'], { input: 'pass\n\n  block\n' }, false),
    ["pfctl -a 'it'\\''s' -f -", '  pass', '    block'],
  );
});

test('a file that it reads is behind it', () => {
  deepEqual(commandLines(['tar', '-x', '-f', '-'], { inputFile: '/tmp/my base' }, false), [
    "tar -x -f - <'/tmp/my base'",
  ]);
});

test('a script is shown by its length only, unless all is to be seen', () => {
  const argv = ['sh', '-c', SCRIPT, 'klee-rm', '/x'];
  deepEqual(commandLines(argv, {}, false), ["sh -c '(3 lines)' klee-rm /x"]);
  deepEqual(commandLines(argv, {}, true), [`sh -c '${SCRIPT}' klee-rm /x`]);
});

test.run();
