/** Whose code root runs: nobody's but root's. Needs root, because only root can give files away. */
import { doesNotThrow, equal, match, throws } from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { hasCode } from '@kleenet/core/errors';
import { requireTrustedClosure } from '../src/plugins/closure.ts';
import { resolveTrusted } from '../src/plugins/trust.ts';
import { Witness } from '../src/plugins/witness.ts';
import { onlyAsRoot, trustedFolder, writePlugin } from './support/plugins.ts';

interface Place {
  folder: string;
}

const OTHER = 65_534;
const test = suite<Place>('plugin trust');
const rooted = onlyAsRoot(test);

test.before.each((context) => {
  context.folder = trustedFolder();
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const resolved = (path: string): string => resolveTrusted(path, new Witness());

function untrusted(action: () => unknown, message: RegExp): void {
  throws(action, (error) => {
    equal(hasCode(error, 'PLUGIN_UNTRUSTED'), true, String(error));
    match((error as Error).message, message);
    return true;
  });
}

test('what the system is made of', () => {
  equal(resolved('/usr'), realpathSync('/usr'));
});

rooted("a path of root's own, and what is not there yet", ({ folder }) => {
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  equal(resolved(join(folder, 'a/b')), join(folder, 'a/b'));
  equal(resolved(join(folder, 'a/../a/./b')), join(folder, 'a/b'));
  equal(resolved(join(folder, 'a/none/at/all')), join(folder, 'a/none/at/all'));
});

for (const part of ['a', 'a/b', 'a/b/file']) {
  rooted(`${part} that belongs to another`, ({ folder }) => {
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    writeFileSync(join(folder, 'a/b/file'), '');
    chownSync(join(folder, part), OTHER, OTHER);
    untrusted(
      () => resolved(join(folder, 'a/b/file')),
      new RegExp(`/${part} belongs to the user 65534`),
    );
  });

  for (const mode of [0o775, 0o757, 0o777, 0o1777]) {
    rooted(`${part} that others can write (mode ${mode.toString(8)})`, ({ folder }) => {
      mkdirSync(join(folder, 'a/b'), { recursive: true });
      writeFileSync(join(folder, 'a/b/file'), '');
      chmodSync(join(folder, part), mode);
      untrusted(
        () => resolved(join(folder, 'a/b/file')),
        new RegExp(`/${part} is writable by users other than root \\(mode ${mode.toString(8)}\\)`),
      );
    });
  }
}

rooted('links are followed, and what they lead to is looked at', ({ folder }) => {
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  mkdirSync(join(folder, 'c'));
  symlinkSync('../c', join(folder, 'a/relative'));
  symlinkSync(join(folder, 'a/relative'), join(folder, 'absolute'));
  equal(resolved(join(folder, 'absolute/x')), join(folder, 'c/x'));
  equal(resolved(join(folder, 'a/relative/../a')), join(folder, 'a/a'));
  chmodSync(join(folder, 'c'), 0o777);
  untrusted(() => resolved(join(folder, 'absolute/x')), /\/c is writable by/);
});

rooted("a link of another's, whatever it leads to", ({ folder }) => {
  mkdirSync(join(folder, 'a'));
  symlinkSync('a', join(folder, 'link'));
  lchownSync(join(folder, 'link'), OTHER, OTHER);
  untrusted(() => resolved(join(folder, 'link')), /\/link belongs to the user/);
});

rooted('links without end', ({ folder }) => {
  symlinkSync('two', join(folder, 'one'));
  symlinkSync('one', join(folder, 'two'));
  untrusted(() => resolved(join(folder, 'one')), /leads through too many symbolic links/);
});

rooted('a directory that everybody can write, even a sticky one, has no plugins for root', () => {
  untrusted(
    () => resolved('/tmp/kleenet-driver-lab'),
    /\/tmp is writable by users other than root \(mode 1777\)/,
  );
});

/** The hint of the error for a path. */
function hintFor(path: string, owner?: bigint): string {
  try {
    resolveTrusted(path, new Witness(), owner);
  } catch (error) {
    if (hasCode(error, 'PLUGIN_UNTRUSTED')) return error.hint ?? '';
    throw error;
  }
  throw new Error(`${path} was trusted`);
}

rooted(
  'no hint opens or closes what is shared: /tmp stays as it is, and so does a home',
  ({ folder }) => {
    const moving = 'move the plugin to where only root can write, such as below /root';
    for (const path of ['/tmp', '/tmp/lab', '/tmp/lab/dist/index.js']) equal(hintFor(path), moving);
    const [home, shared] = [join(folder, 'home'), join(folder, 'shared')];
    for (const path of [home, shared]) mkdirSync(join(path, 'lab'), { recursive: true });
    chownSync(home, OTHER, OTHER);
    equal(hintFor(join(home, 'lab')), moving);
    chmodSync(shared, 0o2775);
    equal(
      hintFor(join(shared, 'lab')),
      `${moving}; or, unless others are to write there, run: chmod go-w ${shared}`,
    );
  },
);

rooted('what is the plugin itself can be put right', ({ folder }) => {
  const lab = join(folder, 'lab');
  mkdirSync(lab);
  chmodSync(lab, 0o777);
  equal(hintFor(lab), `if its contents are yours, run: chmod -R go-w ${lab}`);
  chownSync(lab, OTHER, OTHER);
  equal(hintFor(lab), `if its contents are yours, run: chown -hR root ${lab}`);
});

rooted('another user may own what that user links, and no third one', ({ folder }) => {
  const [lab, mine] = [join(folder, 'lab'), BigInt(OTHER)];
  mkdirSync(lab);
  chownSync(lab, OTHER, OTHER);
  equal(resolveTrusted(lab, new Witness(), mine), lab);
  chownSync(lab, OTHER - 1, OTHER);
  equal(hintFor(lab, mine), `if its contents are yours, run: chown -hR ${OTHER} ${lab}`);
  equal(
    hintFor('/tmp/lab', mine),
    'move the plugin to where only you can write, such as below your home directory',
  );
});

/** A package with a dependency beside it, which has one of its own; another package is not part of it. */
function family(folder: string): string {
  const modules = join(folder, 'node_modules');
  const lab = writePlugin(join(modules, 'lab'), { manifest: { dependencies: { '@s/dep': '1' } } });
  writePlugin(join(modules, '@s/dep'), {
    manifest: { peerDependencies: { far: '1', 'not-there': '1' } },
  });
  writePlugin(join(modules, 'far'), { files: { 'deep/down/file.js': '' } });
  writePlugin(join(modules, 'another'));
  return lab;
}

rooted('a plugin is trusted with everything that it depends on', ({ folder }) => {
  const lab = family(folder);
  equal(requireTrustedClosure(lab), lab);
  symlinkSync('node_modules/lab', join(folder, 'link'));
  equal(requireTrustedClosure(join(folder, 'link')), lab);
});

const WEAK = ['lab/index.js', '@s/dep/package.json', '@s', 'far/deep', 'far/deep/down/file.js'];

for (const path of WEAK) {
  rooted(`not with ${path} in the hands of another`, ({ folder }) => {
    const lab = family(folder);
    chownSync(join(folder, 'node_modules', path), OTHER, OTHER);
    untrusted(() => requireTrustedClosure(lab), new RegExp(`/${path} belongs`));
  });

  rooted(`not with ${path} open to others`, ({ folder }) => {
    const lab = family(folder);
    chmodSync(join(folder, 'node_modules', path), 0o777);
    untrusted(() => requireTrustedClosure(lab), new RegExp(`/${path} is writable by`));
  });
}

rooted('what is not part of it may be whose it will', ({ folder }) => {
  const lab = family(folder);
  chmodSync(join(folder, 'node_modules/another/index.js'), 0o777);
  doesNotThrow(() => requireTrustedClosure(lab));
});

rooted('links out of the package are followed, circles too', ({ folder }) => {
  const lab = family(folder);
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'elsewhere/file'), '');
  symlinkSync('.', join(lab, 'itself'));
  symlinkSync('..', join(lab, 'above'));
  symlinkSync(join(folder, 'elsewhere'), join(lab, 'out'));
  symlinkSync('nowhere', join(lab, 'dangling'));
  doesNotThrow(() => requireTrustedClosure(lab));
  chmodSync(join(folder, 'elsewhere/file'), 0o666);
  untrusted(() => requireTrustedClosure(lab), /elsewhere\/file is writable by/);
});

rooted('names that lead elsewhere are not dependencies', ({ folder }) => {
  const lab = family(folder);
  mkdirSync(join(folder, 'outside'));
  chmodSync(join(folder, 'outside'), 0o777);
  writePlugin(lab, {
    manifest: { dependencies: { '../../outside': '1', '.': '1', '': '1', '/etc': '1' } },
  });
  doesNotThrow(() => requireTrustedClosure(lab));
});

test.run();
