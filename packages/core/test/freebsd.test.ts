/** What data planes on FreeBSD get: marks, and what programs say; the messages are those of FreeBSD 13.2. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { GROUP, isGone, isThere, mark } from '../src/freebsd.ts';

test('an endpoint has a mark of its own', () => {
  assert.equal(mark('endpoint', '0a1b2c3d4e5f'), 'kleenet:endpoint:0a1b2c3d4e5f');
  assert.equal(GROUP, 'klee');
});

test('what is gone and what is there is told from failures', () => {
  for (const said of [
    'ifconfig: interface epair0a does not exist',
    "ifconfig: ioctl (SIOCDIFADDR): Can't assign requested address",
    'ifconfig: BRDGDEL epair0a: No such file or directory',
    'route: route has not been found',
    'delete net 10.1.0.0 fib 0: not in table',
    'jexec: jail "klee-0a1b2c3d4e5f" not found',
  ])
    assert.ok(isGone(said) && !isThere(said), said);
  for (const said of [
    'ifconfig: interface epair0a already exists',
    'ifconfig: ioctl SIOCSIFNAME (set name): File exists',
    'ifconfig: BRDGADD epair0a: File exists',
    'add net 10.1.0.0: gateway 10.1.0.1 fib 0: route already in table',
  ])
    assert.ok(isThere(said) && !isGone(said), said);
  for (const said of ['', 'ifconfig: permission denied', 'jail: jail "x" already exists'])
    assert.ok(!isGone(said), said);
});

test.run();
