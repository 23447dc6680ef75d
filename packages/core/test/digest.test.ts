import assert from 'node:assert/strict';
import { test } from 'uvu';
import { randomHex, sha256 } from '../src/digest.ts';

test('a digest is that of the text in UTF-8', () => {
  // FIPS 180-2, appendix B.1
  assert.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  // As `printf é | sha256sum` shows it.
  assert.equal(sha256('é'), '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c');
});

test('random bytes are as many as asked for, and others each time', () => {
  const drawn = Array.from({ length: 100 }, () => randomHex(6));
  assert.ok(drawn.every((one) => /^[0-9a-f]{12}$/.test(one)));
  assert.equal(new Set(drawn).size, 100);
});

test.run();
