/** Which servers of names containers are told: those that they can reach. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { serversIn, withoutLoopback } from '../src/container/resolver.ts';
import type { HostFiles } from '../src/linux/host-files.ts';
import { resolvConf } from '../src/linux/name-resolution.ts';
import { hostFiles } from './support/host-files.ts';

const CONF = '/etc/resolv.conf';
const UPSTREAM = '/run/systemd/resolve/resolv.conf';

function host(files: Readonly<Record<string, string>>): HostFiles {
  return hostFiles({ read: (path) => Promise.resolve(files[path]) });
}

const servers = (...addresses: readonly string[]): string =>
  addresses.map((address) => `nameserver ${address}\n`).join('');

test('a server at any loopback address is left out, however it is written', () => {
  for (const address of [
    '127.0.0.1',
    '127.0.1.1',
    '127.255.255.254',
    '127.1',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
  ]) {
    for (const line of [`nameserver ${address}`, `nameserver\t${address}  # here`])
      assert.equal(withoutLoopback(`${line}\n${servers('192.0.2.1')}`), servers('192.0.2.1'), line);
  }
});

test('everything else stays as it is', () => {
  const text = `# nameserver 127.0.0.1 was here\n; ::1\nsearch 127.example ::1\noptions ndots:2\n${servers('1.27.0.0', '2001:db8::1', '::ffff:192.0.2.1', '12.7.0.1', 'fe80::1%eth0')}`;
  assert.equal(withoutLoopback(text), text);
  assert.equal(serversIn(text).length, 5);
  assert.equal(withoutLoopback(''), '');
});

test('a file without loopback servers is given as it is', async () => {
  for (const text of ['', 'search example.org\n', servers('192.0.2.1')])
    assert.deepEqual(await resolvConf(host({ [CONF]: text }), 'own'), {
      source: CONF,
      lacksServers: false,
    });
  assert.equal(await resolvConf(host({}), 'own'), undefined);
});

test('what is left of a file without its loopback servers is given', async () => {
  for (const stack of ['own', 'restricted', 'none'] as const) {
    const text = `search a\n${servers('127.0.0.1', '192.0.2.1', '::1')}options edns0\n`;
    assert.deepEqual(await resolvConf(host({ [CONF]: text }), stack), {
      source: CONF,
      text: `search a\n${servers('192.0.2.1')}options edns0\n`,
      lacksServers: false,
    });
    assert.deepEqual(await resolvConf(host({ [CONF]: servers('127.0.0.1') }), stack), {
      source: CONF,
      text: '',
      lacksServers: true,
    });
  }
});

test('the servers of systemd-resolved take the place of its own addresses', async () => {
  for (const stub of ['127.0.0.53', '127.0.0.54']) {
    const stubs = { [CONF]: `${servers(stub)}search a\n` };
    assert.deepEqual(
      await resolvConf(host({ ...stubs, [UPSTREAM]: servers('192.0.2.1') }), 'own'),
      { source: UPSTREAM, lacksServers: false },
    );
    assert.deepEqual(
      await resolvConf(host({ ...stubs, [UPSTREAM]: servers('127.0.0.1', '192.0.2.1') }), 'own'),
      { source: UPSTREAM, text: servers('192.0.2.1'), lacksServers: false },
    );
    for (const upstream of [{}, { [UPSTREAM]: '' }, { [UPSTREAM]: servers('::1') }])
      assert.deepEqual(await resolvConf(host({ ...stubs, ...upstream }), 'own'), {
        source: CONF,
        text: 'search a\n',
        lacksServers: true,
      });
  }
});

test('a server beside that of systemd-resolved is not lost when that has none', async () => {
  const text = servers('127.0.0.53', '192.0.2.1');
  assert.deepEqual(await resolvConf(host({ [CONF]: text, [UPSTREAM]: '' }), 'own'), {
    source: CONF,
    text: servers('192.0.2.1'),
    lacksServers: false,
  });
});

test('another loopback server is not one of systemd-resolved', async () => {
  const files = { [CONF]: servers('127.0.0.1'), [UPSTREAM]: servers('192.0.2.1') };
  assert.equal((await resolvConf(host(files), 'own'))?.lacksServers, true);
});

test('a container on the stack of its host keeps all', async () => {
  const files = { [CONF]: servers('127.0.0.53', '127.0.0.1'), [UPSTREAM]: servers('192.0.2.1') };
  assert.deepEqual(await resolvConf(host(files), 'host'), { source: CONF, lacksServers: false });
});

test.run();
