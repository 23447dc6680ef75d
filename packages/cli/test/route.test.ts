import { deepEqual, equal, throws } from 'node:assert/strict';
import { suite } from 'uvu';
import { route } from '../src/command-line/route.ts';
import { suggest } from '../src/command-line/suggest.ts';
import { TREE } from '../src/commands/index.ts';

const routes = suite('which command is meant');

const ROUTES = [
  ['network ls', { kind: 'command', path: 'network ls', called: 'network ls', words: [] }],
  ['lsn -a', { kind: 'command', path: 'network ls', called: 'lsn', words: ['-a'] }],
  [
    'run host ls network',
    { kind: 'command', path: 'container run', called: 'run', words: ['host', 'ls', 'network'] },
  ],
  [
    '--debug --root /x network --quiet ls x',
    {
      kind: 'command',
      path: 'network ls',
      called: 'network ls',
      words: ['--debug', '--root', '/x', '--quiet', 'x'],
    },
  ],
  ['--root=/x lsn', { kind: 'command', path: 'network ls', called: 'lsn', words: ['--root=/x'] }],
  [
    '--format network lsn',
    { kind: 'command', path: 'network ls', called: 'lsn', words: ['--format', 'network'] },
  ],
  ['network', { kind: 'group', path: 'network', asked: false }],
  ['network --help', { kind: 'group', path: 'network', asked: true }],
  ['--help', { kind: 'group', path: '', asked: true }],
  ['-h', { kind: 'group', path: '', asked: true }],
  ['help', { kind: 'group', path: '', asked: true }],
  ['help network', { kind: 'group', path: 'network', asked: true }],
  [
    'help network create',
    { kind: 'command', path: 'network create', called: 'network create', words: ['--help'] },
  ],
  ['help run', { kind: 'command', path: 'container run', called: 'run', words: ['--help'] }],
  ['--debug --version', { kind: 'version' }],
  ['network --version', { kind: 'version' }],
] as const;

for (const [line, expected] of ROUTES) {
  routes(line, () => deepEqual(route(TREE, line.split(' ')), expected));
}

routes('nothing at all', () =>
  deepEqual(route(TREE, []), { kind: 'group', path: '', asked: false }),
);

const REFUSED = [
  ['netwrok ls', 'unknown command "netwrok"', "did you mean 'klee network'?"],
  ['network craete', 'unknown command "network craete"', "did you mean 'klee network create'?"],
  ['rnu host', 'unknown command "rnu"', "did you mean 'klee run'?"],
  ['rename a b', 'unknown command "rename"', "did you mean 'klee container rename'?"],
  [
    'ls',
    'unknown command "ls"',
    "did you mean 'klee network ls' or 'klee container ls' or 'klee image ls' or 'klee plugin ls'?",
  ],
  ['xyzzy', 'unknown command "xyzzy"', "'klee --help' lists the commands"],
  ['constructor', 'unknown command "constructor"', "'klee --help' lists the commands"],
  ['__proto__ x', 'unknown command "__proto__"', "'klee --help' lists the commands"],
  ['--fromat json lsn', 'unknown option --fromat', 'did you mean --format?'],
  ['-- network ls', 'missing command before --', undefined],
] as const;

for (const [line, message, hint] of REFUSED) {
  routes(line, () =>
    throws(() => route(TREE, line.split(' ')), { name: 'KleenetError', message, hint }),
  );
}

routes('what is for klee itself is not suggested', () => {
  throws(() => route(TREE, ['container', '_reap']), {
    hint: "'klee container --help' lists the commands",
  });
});

routes.run();

const suggestions = suite('suggestions');

suggestions('swaps, gaps, additions and beginnings', () => {
  for (const word of ['conect', 'connectt', 'cnonect', 'conn'])
    equal(suggest(word, ['connect', 'ls']), 'connect');
  equal(suggest('banana', ['connect', 'ls']), undefined);
  equal(suggest('x', ['ls', 'rm']), undefined);
});

suggestions.run();
