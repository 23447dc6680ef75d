/** What containers read in /etc/hosts, and what they may write there. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { test } from 'uvu';
import type { HostsEntry, IpAddress } from '@kleenet/core';
import { createCommandRunner } from '@kleenet/platform/runner';
import { hostsText, hostsTexts } from '../src/container/hosts.ts';
import { createHostFiles } from '../src/linux/host-files.ts';
import { hostNames, staleHosts, writeHostsCommands } from '../src/linux/name-resolution.ts';
import { hostFiles } from './support/host-files.ts';

const NAMES = { own: '127.0.1.1', host: '' };

const entry = (address: string, name: string): HostsEntry => ({
  address: address as IpAddress,
  names: [name],
});

/** The lines that mean something, without those about the loopback addresses. */
function named(name: string, entries: readonly HostsEntry[], host = ''): readonly string[] {
  const lines = hostsText({ name }, entries, { ...NAMES, host }).split('\n');
  return lines.filter((line) => line !== '' && !/^#|^127\.0\.0\.1\tlocalhost$|^::1\t/.test(line));
}

test('a container finds itself, by its addresses or by a loopback one', () => {
  assert.deepEqual(named('web', []), ['127.0.1.1\tweb']);
  assert.deepEqual(named('web', [entry('10.0.0.2', 'web'), entry('10.0.0.3', 'db')]), [
    '10.0.0.2\tweb',
    '10.0.0.3\tdb',
  ]);
});

test('no container takes over localhost or the name of the host', () => {
  const others = ['localhost', 'LocalHost', 'ip6-loopback', 'x.localhost', 'db'];
  const entries = others.map((name, index) => entry(`10.0.0.${index + 3}`, name));
  assert.deepEqual(named('web', entries), ['127.0.1.1\tweb', '10.0.0.7\tdb']);
  assert.deepEqual(named('localhost', [entry('10.0.0.2', 'localhost')]), []);
  const hosts = [entry('10.0.0.2', 'Big'), entry('10.0.0.3', 'big.example.org')];
  assert.deepEqual(named('web', hosts, 'big.example.org\n'), ['127.0.1.1\tweb']);
  assert.deepEqual(named('web', hosts, 'other'), [
    '127.0.1.1\tweb',
    '10.0.0.2\tBig',
    '10.0.0.3\tbig.example.org',
  ]);
});

test('a container that is called as the host is called finds itself', () => {
  const own = entry('10.0.0.2', 'big');
  assert.deepEqual(named('big', [own], 'big'), ['10.0.0.2\tbig']);
  assert.deepEqual(named('big', [], 'big'), ['127.0.1.1\tbig']);
});

test("the host's name is asked of the host", async () => {
  const files = (text: string | undefined) =>
    hostFiles({
      read: (path) => Promise.resolve(path === '/proc/sys/kernel/hostname' ? text : undefined),
    });
  assert.equal((await hostNames(files('big\n'))).host, 'big\n');
  assert.equal((await hostNames(files(undefined))).host, '');
});

test('what others have written into a hosts file stays', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kleenet-hosts-'));
  const path = join(directory, 'hosts');
  const logger = { debug: () => {}, warn: () => {} };
  const commands = createCommandRunner({ commandPrefix: [], environment: process.env, logger });
  const write = async (text: string): Promise<string> => {
    for (const { argv, input } of writeHostsCommands([{ path, text }]))
      await commands.change(argv, { input });
    return readFileSync(path, 'utf8');
  };
  const [first, second] = ['a', 'b'].map((name) => hostsText({ name }, [], NAMES)) as [
    string,
    string,
  ];
  try {
    writeFileSync(path, '');
    assert.equal(await write(first), first);
    const others = "10.9.9.9\tit's %s $HOME\n\n# mine";
    writeFileSync(path, `${first}${others}`);
    assert.equal(await write(second), `${second}${others}\n`);
    writeFileSync(path, `above\n${first}below\n`);
    assert.equal(await write(second), `${second}above\nbelow\n`);
    writeFileSync(path, 'only mine\n');
    assert.equal(await write(second), `${second}only mine\n`);
    writeFileSync(path, `above\n${first.split('\n').slice(0, -2).join('\n')}\n`);
    assert.equal(await write(second), `${second}above\n`, 'a part without its last line');
    writeFileSync(path, `${first}${'x'.repeat(2 ** 21)}`);
    const [kept] = (await write(second)).split('\n').slice(-2);
    assert.ok((kept?.length ?? 0) > 2 ** 19 && (kept?.length ?? 0) < 2 ** 20);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a hosts file is written only if its part differs, and not read if a container made it long', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kleenet-hosts-'));
  const path = join(directory, 'hosts');
  const text = hostsText({ name: 'a' }, [], NAMES);
  const isStale = async (present: string): Promise<boolean> => {
    writeFileSync(path, present);
    return (await staleHosts(createHostFiles(), [{ path, text }])).length > 0;
  };
  try {
    for (const right of [text, `${text}10.9.9.9\tmine\n`, `${text}\n# mine\n`])
      assert.ok(!(await isStale(right)), right);
    for (const wrong of [
      '',
      `above\n${text}`,
      `${text}${text}`,
      `${text}no end of line`,
      `${text}\n\n`,
      hostsText({ name: 'b' }, [], NAMES),
      `${text}${'x'.repeat(2 ** 20)}\n`,
    ])
      assert.ok(await isStale(wrong), wrong.slice(0, 500));
    rmSync(path);
    assert.deepEqual(await staleHosts(createHostFiles(), [{ path, text }]), []);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('very many hosts files are looked at, and few of them are open at a time', async () => {
  let open = 0;
  const files = hostFiles({
    async readPrivate(path: string) {
      open += 1;
      assert.ok(open <= 16, `${open} at a time`);
      await setImmediate();
      open -= 1;
      return path.endsWith('7') ? 'old' : hostsText({ name: path }, [], NAMES);
    },
  });
  const wanted = Array.from({ length: 2000 }, (_, index) => ({
    path: `${index}`,
    text: hostsText({ name: `${index}` }, [], NAMES),
  }));
  const right = wanted.filter(({ path }) => path.endsWith('7'));
  assert.deepEqual(await staleHosts(files, wanted), right);
});

test('containers with the same names get the text that each would get by itself', () => {
  const names = { ...NAMES, host: 'box.example\n' };
  const all = ['web', 'Box', 'localhost', 'box.example', 'db', 'a.localhost'];
  const entries = all.map((name, index) => entry(`10.0.0.${index}`, name));
  const others = [entry('10.0.1.1', 'db'), entry('10.0.1.2', 'web')];
  const hosts = [entries, others, entries].flatMap((list) =>
    [...all, 'stranger'].map((name) => ({ container: { name }, entries: list })),
  );
  assert.deepEqual(
    hostsTexts(hosts, names).map(({ text }) => text),
    hosts.map(({ container, entries: list }) => hostsText(container, list, names)),
  );
});

test('very many names reach very many files, in one command for each text', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kleenet-hosts-'));
  const logger = { debug: () => {}, warn: () => {} };
  const commands = createCommandRunner({ commandPrefix: [], environment: process.env, logger });
  const entries = Array.from({ length: 8000 }, (_, i) =>
    entry(`10.0.${i >> 8}.${i & 255}`, `container-with-a-long-name-${i}`),
  );
  const text = hostsText({ name: 'container-with-a-long-name-1' }, entries, NAMES);
  const files = ['a', 'b', 'gone'].map((name) => ({ path: join(directory, name), text }));
  try {
    for (const name of ['a', 'b']) writeFileSync(join(directory, name), '');
    const written = writeHostsCommands(files);
    assert.equal(written.length, 1);
    for (const { argv, input } of written) await commands.change(argv, { input });
    for (const name of ['a', 'b'])
      assert.equal(readFileSync(join(directory, name), 'utf8'), text, name);
    assert.ok(!existsSync(join(directory, 'gone')));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.run();
