/** Whose namespaces these are: without an answer nothing is removed. */
import { deepEqual, throws } from 'node:assert/strict';
import { hasCode } from '@kleenet/core/errors';
import { inNamespaces, isInNamespaces, linuxHosts, linuxTestHost } from '@kleenet/linux-host';
import { suite } from 'uvu';

const test = suite('namespaces for tests');

test('outside of namespaces of its own there is no host: the interfaces are those of the machine', () => {
  deepEqual([isInNamespaces(), linuxHosts()], [false, {}]);
  throws(
    () => linuxTestHost(),
    (error) => hasCode(error, 'PLATFORM_UNSUPPORTED'),
  );
});

test('a command keeps its words as they are', () => {
  deepEqual(inNamespaces(['printf', '%s', 'a b', '$HOME']).slice(-4), [
    'printf',
    '%s',
    'a b',
    '$HOME',
  ]);
});

test.run();
