/** What the modelled pfctl(8) takes and keeps, beyond what was recorded. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { createFreebsdHost } from '../src/index.ts';
import type { FreebsdHost } from '../src/index.ts';

const test = suite('pf of a modelled FreeBSD host');

interface Loaded {
  readonly nat: readonly string[];
  readonly rules: readonly string[];
}

function load(host: FreebsdHost, anchor: string, text: string): Loaded {
  for (const option of ['-nf', '-f']) {
    const { status, stderr } = host.run(['pfctl', '-a', anchor, option, '-'], text);
    assert.equal(`${stderr}${status}`, '0');
  }
  const shown = (what: string): readonly string[] =>
    host.run(['pfctl', '-a', anchor, '-s', what]).stdout.split('\n').filter(Boolean);
  return { nat: shown('nat'), rules: shown('rules') };
}

function table(host: FreebsdHost, name: string, ...words: readonly string[]): readonly unknown[] {
  const { status, stdout, stderr } = host.run([
    'pfctl',
    '-a',
    'klee/t',
    '-t',
    name,
    '-T',
    ...words,
  ]);
  return [status, `${stdout}${stderr}`];
}

function refusal(text: string): string {
  const { status, stderr } = createFreebsdHost().run(['pfctl', '-nf', '-'], text);
  assert.equal(status, 1);
  return stderr;
}

test('a list in a rule makes one rule for each of its members, of one family each', () => {
  const text = 'pass quick on { em0, em1 } proto { tcp, udp } from <t> to { 10.0.0.1, fd00::1 }\n';
  assert.deepEqual(
    load(createFreebsdHost(), 'klee/x', text).rules,
    ['em0', 'em1'].flatMap((name) =>
      ['tcp', 'udp'].flatMap((protocol) =>
        ['inet', 'inet6'].map((family) => {
          const state = protocol === 'tcp' ? 'flags S/SA keep state' : 'keep state';
          const to = family === 'inet' ? '10.0.0.1' : 'fd00::1';
          return `pass quick on ${name} ${family} proto ${protocol} from <t> to ${to} ${state}`;
        }),
      ),
    ),
  );
});

test('what cannot be is refused, with its place', () => {
  assert.equal(
    refusal('pass inet from 10.0.0.1 to fd00::1\n'),
    'stdin:1: rule expands to no valid combination\n',
  );
  assert.equal(refusal('pass\npass in no\n'), 'stdin:2: syntax error\n');
  assert.equal(refusal('# text\nbogus\n'), 'stdin:2: syntax error\n');
  assert.equal(refusal('pass from 10.0.0.1 to any port 70000\n'), 'stdin:1: syntax error\n');
  assert.equal(
    refusal('nat on em0 inet from any to any -> fd00::1\n'),
    'stdin:1: no translation address with matching address family found.\n',
  );
});

test('a refused ruleset leaves the old one', () => {
  const host = createFreebsdHost();
  load(host, 'klee/x', 'pass\n');
  const { status } = host.run(['pfctl', '-a', 'klee/x', '-f', '-'], 'pass\nbogus\n');
  assert.equal(status, 1);
  assert.equal(
    host.run(['pfctl', '-a', 'klee/x', '-s', 'rules']).stdout,
    'pass all flags S/SA keep state\n',
  );
});

test('a table without a list keeps its addresses when rules are loaded anew', () => {
  const host = createFreebsdHost();
  const text = 'table <open>\ntable <set> { 10.0.0.2, fd00::2 }\npass from <open> to <set>\n';
  load(host, 'klee/t', text);
  for (const name of ['open', 'set']) table(host, name, 'add', '10.0.0.1', 'fd00::1');
  load(host, 'klee/t', text);
  assert.deepEqual(table(host, 'open', 'show'), [0, '   10.0.0.1\n   fd00::1\n']);
  assert.deepEqual(table(host, 'set', 'show'), [0, '   10.0.0.2\n   fd00::2\n']);
});

test('addresses are counted as they come and go, and sorted by number', () => {
  const host = createFreebsdHost();
  assert.deepEqual(table(host, 't', 'show'), [255, 'pfctl: Unknown error: -1.\n']);
  assert.deepEqual(table(host, 't', 'delete', '10.0.0.1'), [255, 'pfctl: Table does not exist.\n']);
  assert.deepEqual(table(host, 't', 'add', 'FD00:0::9', '10.0.0.10', '10.0.0.9'), [
    0,
    '1 table created.\n3/3 addresses added.\n',
  ]);
  assert.deepEqual(table(host, 't', 'show'), [0, '   10.0.0.9\n   10.0.0.10\n   fd00::9\n']);
  assert.deepEqual(table(host, 't', 'delete', '10.0.0.9', '10.0.0.8'), [
    0,
    '1/2 addresses deleted.\n',
  ]);
  assert.deepEqual(table(host, 't', 'show'), [0, '   10.0.0.10\n   fd00::9\n']);
});

test.run();
