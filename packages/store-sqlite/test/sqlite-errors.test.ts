import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type ErrorCode, hasCode } from '@kleenet/core/errors';
import { databaseError, resultCode } from '../src/sqlite-errors.ts';

/** Each code as both libraries report it. */
const cases: readonly (readonly [string, number, ErrorCode])[] = [
  ['SQLITE_BUSY', 5, 'DATABASE_BUSY'],
  ['SQLITE_BUSY_RECOVERY', 261, 'DATABASE_BUSY'],
  ['SQLITE_LOCKED', 6, 'DATABASE_BUSY'],
  ['SQLITE_CONSTRAINT_UNIQUE', 2067, 'CONSTRAINT_VIOLATED'],
  ['SQLITE_CONSTRAINT_FOREIGNKEY', 787, 'CONSTRAINT_VIOLATED'],
  ['SQLITE_CONSTRAINT_TRIGGER', 1811, 'CONSTRAINT_VIOLATED'],
  ['SQLITE_CORRUPT', 11, 'DATABASE_DAMAGED'],
  ['SQLITE_NOTADB', 26, 'DATABASE_DAMAGED'],
  ['SQLITE_ERROR', 1, 'DATABASE_DAMAGED'],
  ['SQLITE_FULL', 13, 'DISK_FULL'],
  ['SQLITE_READONLY_DIRECTORY', 1544, 'DATABASE_UNAVAILABLE'],
  ['SQLITE_CANTOPEN', 14, 'DATABASE_UNAVAILABLE'],
  ['SQLITE_PERM', 3, 'DATABASE_UNAVAILABLE'],
  ['SQLITE_IOERR_WRITE', 778, 'DATABASE_UNAVAILABLE'],
  ['SQLITE_NOMEM', 7, 'INTERNAL'],
];

for (const [text, number, code] of cases) {
  test(`${text} is ${code}, from better-sqlite3 and from node:sqlite`, () => {
    const better = Object.assign(new Error('why'), { code: text });
    const builtin = Object.assign(new Error('why'), { code: 'ERR_SQLITE_ERROR', errcode: number });
    for (const thrown of [better, builtin]) {
      const error = databaseError(thrown, '/state/kleenet.db');
      assert.ok(hasCode(error, code), String(error));
      assert.equal(error.cause, thrown);
      assert.match(error.message, /why|\/state\/kleenet\.db/);
    }
  });
}

test('what SQLite did not throw is left alone', () => {
  const others = [
    new Error('x'),
    new TypeError('y'),
    Object.assign(new Error('z'), { code: 'ENOENT' }),
    undefined,
    'text',
  ];
  for (const thrown of others) {
    assert.equal(databaseError(thrown, '/state/kleenet.db'), thrown);
    assert.equal(resultCode(thrown), undefined);
  }
});

test.run();
