import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { hasCode } from '@kleenet/core/errors';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { readTemplate } from '../src/package-files.ts';
import { parseNewNames } from '../src/template/names.ts';
import { renderPackage } from '../src/template/render.ts';
import { TOP } from './support/markdown.ts';
const EXAMPLE = 'examples/driver-minimal';

const test = suite('the package of a new driver');

test('the template is what git has of the example', () => {
  const listed = execFileSync('git', ['ls-files', '-z', EXAMPLE], { cwd: TOP, encoding: 'utf8' });
  const paths = listed.split('\0').filter((path) => path !== '');
  ok(paths.length > 0);
  const { files } = readTemplate();
  deepEqual(
    Object.keys(files).toSorted(),
    paths.map((path) => path.slice(EXAMPLE.length + 1)).toSorted(),
  );
  for (const path of paths)
    equal(files[path.slice(EXAMPLE.length + 1)], readFileSync(join(TOP, path), 'utf8'), path);
});

test('under its own name the example is written as it is, but for package.json', () => {
  const template = readTemplate();
  const written = renderPackage(template, parseNewNames('minimal'));
  for (const [path, text] of Object.entries(template.files))
    if (path !== 'package.json') equal(written.get(path), text, path);
});

test('under another name nothing of the old one is left', () => {
  const written = renderPackage(readTemplate(), parseNewNames('@acme/zebra'));
  for (const [path, text] of written) ok(!text.includes('minimal'), path);
  match(written.get('src/index.ts') ?? '', /name: 'zebra',[^]*name: '@acme\/kleenet-driver-zebra'/);
  match(
    written.get('.changeset/first-release.md') ?? '',
    /^'@acme\/kleenet-driver-zebra': minor$/m,
  );
});

test('package.json can be published, and asks for released packages', () => {
  const template = { ...readTemplate(), versions: VERSIONS };
  const written = renderPackage(template, parseNewNames('zebra'));
  const manifest = JSON.parse(written.get('package.json') ?? '') as Manifest;
  ok(!('private' in manifest));
  equal(manifest.name, 'kleenet-driver-zebra');
  deepEqual(manifest.peerDependencies, { '@kleenet/core': '0.x' });
  const { '@kleenet/core': core, '@kleenet/conformance': kit } = manifest.devDependencies;
  deepEqual([core, kit], ['^1.2.3', '^4.5.6']);
  ok(!(written.get('package.json') ?? '').includes('workspace:'));
});

interface Manifest {
  readonly name: string;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const VERSIONS = { '@kleenet/core': '1.2.3', '@kleenet/conformance': '4.5.6' };

const NAMES = [
  ['mynet', 'kleenet-driver-mynet', 'mynet'],
  ['kleenet-driver-mynet', 'kleenet-driver-mynet', 'mynet'],
  ['@acme/mynet', '@acme/kleenet-driver-mynet', 'mynet'],
  ['@acme/kleenet-driver-my-net2', '@acme/kleenet-driver-my-net2', 'my-net2'],
] as const;

for (const [text, packageName, driver] of NAMES) {
  test(`${text} is the driver ${driver} of ${packageName}`, () =>
    deepEqual(parseNewNames(text), { packageName, driver, folder: `kleenet-driver-${driver}` }));
}

for (const text of [
  '',
  'My Net',
  'mynet/',
  '@acme',
  '../mynet',
  '-mynet',
  '2net',
  'x'.repeat(65),
  'a.b',
]) {
  test(`'${text}' names no driver`, () =>
    throws(
      () => parseNewNames(text),
      (error) => hasCode(error, 'INVALID_NAME'),
    ));
}

test.run();
