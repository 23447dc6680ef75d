import { deepEqual, equal, ok } from 'node:assert/strict';
import { suite } from 'uvu';
import { parseManifest } from '../src/plugins/manifest.ts';
import type { InvalidManifest, Parsed } from '../src/plugins/manifest.ts';

const test = suite('plugin manifest');

const DRIVER = { name: 'lab', description: 'A stack of its own.', platforms: ['linux'] };
const FIELD = { plugin: './dist/index.js', apiVersion: 1, drivers: [DRIVER] };
const PACKAGE = { name: 'kleenet-driver-lab', version: '1.2.0' };

function parse(field: unknown, parts: object = {}): Parsed {
  return parseManifest(JSON.stringify({ ...PACKAGE, ...parts, kleenet: field }), 1);
}

function refused(parsed: Parsed): InvalidManifest {
  ok('invalid' in parsed, 'was accepted');
  return parsed.invalid;
}

test('what it says, and defaults for the rest', () => {
  deepEqual(parse(FIELD), {
    manifest: { ...PACKAGE, description: '', ...FIELD, privileges: [] },
  });
  const privileges = ['opens UDP port 51820'];
  deepEqual(parse({ ...FIELD, privileges }, { description: 'Lab', license: 'MIT' }), {
    manifest: { ...PACKAGE, description: 'Lab', ...FIELD, privileges },
  });
});

const long = 'x'.repeat(300);
const REFUSED: readonly (readonly [name: string, field: unknown, reason: RegExp])[] = [
  ['an unknown field', { ...FIELD, extra: 1 }, /kleenet\.extra is unknown/],
  [
    'an unknown field of a driver',
    { ...FIELD, drivers: [{ ...DRIVER, mtu: 1 }] },
    /drivers\.0\.mtu is unknown/,
  ],
  [
    'nothing in it',
    {},
    /plugin is missing; kleenet\.apiVersion is missing; kleenet\.drivers is missing/,
  ],
  ['a list in its place', [], /kleenet is not an object/],
  ['a number in its place', 7, /kleenet is not an object/],
  ['null in its place', null, /kleenet is not an object/],
  ['no field at all', undefined, /no field kleenet, so it is not a plugin/],
  [
    'an entry outside of the package',
    { ...FIELD, plugin: './../x.js' },
    /plugin is not a path inside/,
  ],
  [
    'an entry that climbs out',
    { ...FIELD, plugin: './a/../../x.js' },
    /plugin is not a path inside/,
  ],
  ['an absolute entry', { ...FIELD, plugin: '/etc/x.js' }, /plugin is not a path inside/],
  ['a bare entry', { ...FIELD, plugin: 'dist/index.js' }, /plugin is not a path inside/],
  ['an entry that is not a string', { ...FIELD, plugin: 1 }, /plugin is not a string/],
  ['a version that is text', { ...FIELD, apiVersion: '1' }, /apiVersion is not a number/],
  ['no drivers', { ...FIELD, drivers: [] }, /drivers is empty/],
  ['drivers that are not a list', { ...FIELD, drivers: DRIVER }, /drivers is not a list/],
  ['a driver twice', { ...FIELD, drivers: [DRIVER, DRIVER] }, /drivers names one twice/],
  [
    'a driver with capitals',
    { ...FIELD, drivers: [{ ...DRIVER, name: 'Lab' }] },
    /0\.name has other/,
  ],
  [
    'a driver with an option for a name',
    { ...FIELD, drivers: [{ ...DRIVER, name: '--x' }] },
    /0\.name has other/,
  ],
  [
    'a platform that there is not',
    { ...FIELD, drivers: [{ ...DRIVER, platforms: ['dos'] }] },
    /none of freebsd/,
  ],
  ['no platform', { ...FIELD, drivers: [{ ...DRIVER, platforms: [] }] }, /platforms is empty/],
  [
    'a description of two lines',
    { ...FIELD, drivers: [{ ...DRIVER, description: 'a\nb' }] },
    /cannot be shown/,
  ],
  [
    'a description that colours',
    { ...FIELD, drivers: [{ ...DRIVER, description: '\u001b[1m' }] },
    /cannot be shown/,
  ],
  [
    'a description without end',
    { ...FIELD, drivers: [{ ...DRIVER, description: long }] },
    /longer than 200/,
  ],
  ['privileges that are not a list', { ...FIELD, privileges: 'root' }, /privileges is not a list/],
  ['a privilege that turns text around', { ...FIELD, privileges: ['\u202e'] }, /cannot be shown/],
];

for (const [name, field, reason] of REFUSED) {
  test(name, () => {
    const { reason: told, isIncompatible, name: label, version } = refused(parse(field));
    ok(reason.test(told), told);
    deepEqual([isIncompatible, label, version], [false, 'kleenet-driver-lab', '1.2.0']);
  });
}

test('another contract is told before what may follow from it', () => {
  const invalid = refused(parse({ apiVersion: 99, drivers: [{ name: 'lab' }], wires: 3 }));
  deepEqual(invalid, {
    ...PACKAGE,
    drivers: ['lab'],
    reason: 'it is written for driver contract 99, and this klee has 1',
    isIncompatible: true,
  });
});

test('names and versions that must not be shown are not', () => {
  for (const parts of [
    { name: '\u001b[2J', version: '\u001b[2J' },
    { name: '../../etc', version: '' },
    { name: 7, version: {} },
    { name: 'UPPER', version: 'x'.repeat(65) },
  ]) {
    const { name, version, reason } = refused(parse(FIELD, parts));
    deepEqual([name, version], ['', '']);
    ok(/name is|version is|version has/.test(reason), reason);
  }
});

test('what is not a JSON object says nothing', () => {
  for (const text of ['', '{', 'null', '7', '"x"', '[]', '\u0000'])
    equal(refused(parseManifest(text, 1)).name, '');
});

test.run();
