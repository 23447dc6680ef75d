/** What klee does itself is what the programs would have done, and what it cannot do is left to them. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Argv } from '@kleenet/core';
import { createCommandRunner } from '@kleenet/platform/runner';
import { hostsText } from '../src/container/hosts.ts';
import {
  confirmEnded,
  makeDirectories,
  makeDirectory,
  makePlaces,
  makeStorage,
  putFile,
  putHosts,
  removeShallow,
  setSysctls,
} from '../src/linux/direct.ts';
import type { Ending } from '../src/linux/direct.ts';
import { HOSTS, PLACES, PUT_FILE, STORAGE } from '../src/linux/scripts/embedded.ts';
import { scriptArgv } from '../src/runner/script.ts';

const commands = createCommandRunner({
  commandPrefix: [],
  environment: process.env,
  logger: { debug: () => {}, warn: () => {} },
});

const parent = mkdtempSync(join(tmpdir(), 'kleenet-direct-'));
let made = 0;

function fresh(): string {
  const path = join(parent, String((made += 1)));
  mkdirSync(path);
  return path;
}

const TEXT = hostsText({ name: 'wéb' }, [], { own: '127.0.1.1', host: '' });
const SHORT = '# klee: begin\n# klee: end\n';

/** What may be in a hosts file. */
const FILES: Readonly<Record<string, string>> = {
  nothing: '',
  'the text already': TEXT,
  'an older text': SHORT,
  'an older text, and names of the container': `${SHORT}10.0.0.9\tmine\n\n`,
  'names around it, the last line unfinished': `10.0.0.1 a\n${SHORT}10.0.0.9 mine`,
  'the text twice': `${TEXT}10.0.0.9 mine\n${SHORT}`,
  'a text without its end': `10.0.0.1 a\n# klee: begin\n10.0.0.2 stale\n`,
  'the end of a text alone': '# klee: end\n10.0.0.9 mine\n',
  'the beginning on the last line': '10.0.0.1 a\n# klee: begin',
  'bytes that are not UTF-8, and NUL': `${SHORT}10.0.0.9 m\u00ffn\0e\n`,
  'a long tail': `${SHORT}${'10.0.0.9 mine\n'.repeat(9000)}`,
};

for (const [what, before] of Object.entries(FILES)) {
  test(`klee puts its names as the program does into a file with ${what}`, async () => {
    const [byProgram, byKlee] = [join(fresh(), 'hosts'), join(fresh(), 'hosts')];
    for (const path of [byProgram, byKlee]) writeFileSync(path, before, 'latin1');
    await commands.change(scriptArgv(HOSTS, [byProgram]), { input: TEXT });
    await putHosts([byKlee], TEXT);
    assert.deepEqual(readFileSync(byKlee), readFileSync(byProgram));
    assert.equal(lstatSync(byKlee).isFile(), true);
  });
}

test('a hosts file that is gone stays gone, and one that is a link or a directory is not touched', async () => {
  const directory = fresh();
  const [other, link, gone] = ['other', 'link', 'gone'].map((name) => join(directory, name));
  writeFileSync(String(other), 'mine\n');
  symlinkSync(String(other), String(link));
  await putHosts([String(gone)], TEXT);
  assert.equal(existsSync(String(gone)), false);
  await assert.rejects(putHosts([String(link)], TEXT), { code: 'ELOOP' });
  await assert.rejects(putHosts([directory], TEXT), { code: 'EISDIR' });
  assert.equal(readFileSync(String(other), 'utf8'), 'mine\n');
});

/** Paths below a directory with their modes and, of files, their texts. */
function tree(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const stats = lstatSync(join(directory, name));
      const text = stats.isFile() ? readFileSync(join(directory, name), 'utf8') : '';
      return `${name} ${stats.mode.toString(8)} ${text}`;
    });
}

for (const umask of [0o077, 0o022, 0])
  test(`the storage of a container and a file of a bundle are as the programs make them, with umask ${umask}`, async () => {
    const [byProgram, byKlee] = [fresh(), fresh()];
    const before = process.umask(umask);
    try {
      const argv = scriptArgv(STORAGE, [join(byProgram, 'containers', 'c')]);
      await commands.change(argv, { input: TEXT });
      await makeStorage(join(byKlee, 'containers', 'c'), TEXT);
      await commands.change(scriptArgv(PUT_FILE, [join(byProgram, 'f')]), { input: TEXT });
      await putFile(join(byKlee, 'f'), TEXT);
    } finally {
      process.umask(before);
    }
    assert.deepEqual(tree(byKlee), tree(byProgram));
    assert.equal(tree(byKlee).length, 7);
  });

test('storage that is there already is left to the program, which keeps the log', async () => {
  const directory = join(fresh(), 'c');
  await makeStorage(directory, TEXT);
  writeFileSync(join(directory, 'log'), 'said\n');
  await assert.rejects(makeStorage(directory, TEXT), { code: 'EEXIST' });
  assert.equal(readFileSync(join(directory, 'log'), 'utf8'), 'said\n');
});

test('directories are made with their parents, or with a mode, and those that are there stay as they are', async () => {
  const directory = fresh();
  const [deep, private_] = [join(directory, 'a', 'b'), join(directory, 'p')];
  await makeDirectories([deep, deep]);
  assert.equal(existsSync(deep), true);
  await makeDirectory(private_, 0o700);
  assert.equal(lstatSync(private_).mode & 0o777, 0o700);
  chmodSync(private_, 0o711);
  await makeDirectory(private_, 0o700);
  assert.equal(lstatSync(private_).mode & 0o777, 0o711);
});

test('a directory is removed with its files and empty directories, and nothing beyond a link or in a full one', async () => {
  const [directory, elsewhere] = [fresh(), fresh()];
  writeFileSync(join(elsewhere, 'kept'), '');
  mkdirSync(join(directory, 'empty'));
  writeFileSync(join(directory, 'file'), '');
  symlinkSync(elsewhere, join(directory, 'link'));
  await removeShallow([directory, join(parent, 'missing')]);
  assert.equal(existsSync(directory), false);
  assert.deepEqual(readdirSync(elsewhere), ['kept']);
  const full = fresh();
  mkdirSync(join(full, 'upper', 'of-the-container'), { recursive: true });
  await assert.rejects(removeShallow([full]), { code: 'ENOTEMPTY' });
  assert.equal(existsSync(join(full, 'upper', 'of-the-container')), true);
});

test('a setting that the kernel lacks is passed over', async () => {
  await setSysctls([{ name: 'net/ipv4/conf/no-such-interface/forwarding', value: '1' }]);
  assert.equal(existsSync('/proc/sys/net/ipv4/conf/no-such-interface'), false);
});

/** Root file systems, each made by a shell, and whether klee prepares it itself. */
const ROOTS: Readonly<Record<string, readonly [make: string, byKlee: boolean]>> = {
  'without anything': [':', true],
  'with its places': ['mkdir -m 0700 dev proc sys; mkdir etc; echo >etc/passwd', true],
  'with a link for /proc': ['ln -s /tmp proc', false],
  'with a file for /sys': ['echo >sys', false],
  'with a link for /etc': ['mkdir real; ln -s real etc', false],
  'with a link for passwd': ['mkdir etc; ln -s ../x etc/passwd', false],
  'with a FIFO for group': ['mkdir etc; mkfifo etc/group', false],
  'with a directory for hosts': ['mkdir -p etc/hosts', false],
  'with a passwd too long': ['mkdir etc; truncate -s 4194305 etc/passwd', false],
};

for (const [what, [make, byKlee]] of Object.entries(ROOTS)) {
  test(`a root ${what} is ${byKlee ? 'prepared as by' : 'left to'} the program`, async () => {
    const [ofKlee, ofProgram] = [fresh(), fresh()];
    for (const root of [ofKlee, ofProgram]) {
      await commands.change(['sh', '-c', `umask 022; cd "$1" && { ${make}; }`, 'sh', root]);
    }
    if (!byKlee) {
      await assert.rejects(makePlaces(ofKlee));
      return;
    }
    await makePlaces(ofKlee);
    await commands.change(scriptArgv(PLACES, [ofProgram]));
    assert.deepEqual(tree(ofKlee), tree(ofProgram));
  });
}

/** A bundle with a FIFO that, where `writer`, is open for writing. */
async function ended(
  prepare: (ending: Ending) => void,
  writer: boolean,
): Promise<{ readonly handled: boolean }> {
  const bundle = fresh();
  const paths = { bundle, life: join(bundle, 'life'), handled: join(bundle, 'handled') };
  const ending = {
    ...paths,
    state: join(bundle, 'state'),
    controlGroup: `/kleenet/${'0'.repeat(12)}`,
  };
  await commands.change(['mkfifo', ending.life]);
  prepare(ending);
  const held = writer ? openSync(ending.life, constants.O_RDWR) : undefined;
  try {
    if (held !== undefined) writeSync(held, 'started\n');
    await confirmEnded(ending);
    return { handled: existsSync(ending.handled) };
  } finally {
    if (held !== undefined) closeSync(held);
  }
}

test('a command has ended once nothing holds its FIFO open, and the runtime keeps nothing of it', async () => {
  assert.deepEqual(await ended(() => {}, false), { handled: true });
  await assert.rejects(
    ended(() => {}, true),
    { code: 'EAGAIN' },
  );
  await assert.rejects(ended(({ state }) => mkdirSync(state), false));
  await confirmEnded({
    bundle: '/none',
    life: '/none/life',
    handled: '/none/handled',
    state: '/none/state',
    controlGroup: '/none',
  });
});

/** What the runner does with a change that klee can make itself. */
async function how(
  commandPrefix: readonly string[],
  directly: () => Promise<void>,
): Promise<readonly string[]> {
  const path = join(fresh(), 'program-ran');
  const argv: Argv = ['touch', path];
  const runner = createCommandRunner({
    commandPrefix,
    environment: process.env,
    logger: { debug: () => {}, warn: () => {} },
  });
  let asked = false;
  const { status } = await runner.change(argv, {
    directly: () => ((asked = true), directly()),
  });
  assert.equal(status, 0);
  return [...(asked ? ['klee'] : []), ...(existsSync(path) ? ['program'] : [])];
}

test('the program runs only if klee cannot do the same itself, and always behind a prefix', async () => {
  assert.deepEqual(await how([], () => Promise.resolve()), ['klee']);
  assert.deepEqual(await how([], () => Promise.reject(new Error('no room'))), ['klee', 'program']);
  assert.deepEqual(await how(['env'], () => Promise.resolve()), ['program']);
});

test.run();
