import { deepEqual, throws } from 'node:assert/strict';
import { suite } from 'uvu';
import { parseNetworkOption } from '../src/commands/container/network-option.ts';
import { createRequest } from '../src/commands/container/options.ts';

const option = suite('--network');

const UNDERSTOOD = [
  ['net', { network: 'net' }],
  ['net:ip=10.0.0.5', { network: 'net', ip: '10.0.0.5' }],
  ['net:ip6=fd00::5', { network: 'net', ip6: 'fd00::5' }],
  [
    'net:ip=10.0.0.5,ip6=fd00::5,mac=02:00:00:00:00:01,gw-priority=-3',
    {
      network: 'net',
      ip: '10.0.0.5',
      ip6: 'fd00::5',
      mac: '02:00:00:00:00:01',
      gatewayPriority: -3,
    },
  ],
] as const;

for (const [text, expected] of UNDERSTOOD)
  option(text, () => deepEqual(parseNetworkOption(text), expected));

const REFUSED = [
  [':ip=1', /names no network/],
  ['net:', /unknown setting ""/],
  ['net:ip', /no value for ip/],
  ['net:ip=', /no value for ip/],
  ['net:ip=1,', /unknown setting ""/],
  ['net:ip=1,ip=2', /gives ip twice/],
  ['net:address=1', /unknown setting "address"/],
  ['net:__proto__=1', /unknown setting "__proto__"/],
  ['net:gw-priority=x', /whole number/],
] as const;

for (const [text, message] of REFUSED) {
  option(`refuses ${text}`, () =>
    throws(() => parseNetworkOption(text), { code: 'INVALID_ARGUMENT', message }),
  );
}

option('takes --ip, --ip6 and --mac for a single network', () => {
  const request = createRequest(
    { image: 'host', command: ['sh'] },
    {
      network: ['net:gw-priority=1'],
      ip: '10.0.0.5',
      mac: '02::',
      driverOptions: ['a=b'],
      restart: 'no',
      autoRemove: true,
    },
    '/here',
  );
  deepEqual(request, {
    image: 'host',
    command: ['sh'],
    restart: 'no',
    autoRemove: true,
    networks: [
      { network: 'net', gatewayPriority: 1, ip: '10.0.0.5', mac: '02::', driverOptions: ['a=b'] },
    ],
  });
});

option('refuses them with none, with several, and twice', () => {
  const args = { image: 'host', command: [] };
  throws(
    () => createRequest(args, { ip: '10.0.0.5' }, '/here'),
    /--ip needs exactly one --network/,
  );
  throws(
    () => createRequest(args, { network: ['a', 'b'], mac: 'x' }, '/here'),
    /--mac needs exactly one --network/,
  );
  throws(
    () => createRequest(args, { network: ['a:ip=10.0.0.5'], ip: '10.0.0.5' }, '/here'),
    /--ip is given twice/,
  );
});

const MOUNTS = [
  ['.:/mnt:ro', '/here/it is:/mnt:ro'],
  ['a/../b:/mnt', '/here/it is/b:/mnt'],
  ['../b:/mnt', '/here/b:/mnt'],
  ['/a:/mnt', '/a:/mnt'],
  [':/mnt', ':/mnt'],
  ['word', 'word'],
] as const;

for (const [text, expected] of MOUNTS)
  option(`--mount ${text} begins where klee was started`, () => {
    const args = { image: 'host', command: [] };
    deepEqual(createRequest(args, { mounts: [text] }, '/here/it is').mounts, [expected]);
  });

option.run();
