import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { parsePublish } from '../src/engine/requests/publish.ts';
import { hasCode } from '../src/errors.ts';

const test = suite('parsePublish');

const ACCEPTED: readonly [string, ReturnType<typeof parsePublish>][] = [
  ['80', { protocol: 'tcp', hostPorts: [80, 80], containerPort: 80 }],
  ['8080:80', { protocol: 'tcp', hostPorts: [8080, 8080], containerPort: 80 }],
  ['8080:80/udp', { protocol: 'udp', hostPorts: [8080, 8080], containerPort: 80 }],
  [
    'eth0:8080:80',
    { interface: 'eth0', protocol: 'tcp', hostPorts: [8080, 8080], containerPort: 80 },
  ],
  ['5000:5010:4000:*', { protocol: 'tcp', hostPorts: [5000, 5010], containerPort: 4000 }],
  [
    'em0:5000:5010:4000:*/udp',
    { interface: 'em0', protocol: 'udp', hostPorts: [5000, 5010], containerPort: 4000 },
  ],
  ['1', { protocol: 'tcp', hostPorts: [1, 1], containerPort: 1 }],
  ['1:2:65534:*', { protocol: 'tcp', hostPorts: [1, 2], containerPort: 65534 }],
  ['65534:65535:1:*', { protocol: 'tcp', hostPorts: [65534, 65535], containerPort: 1 }],
  ['65535', { protocol: 'tcp', hostPorts: [65535, 65535], containerPort: 65535 }],
];

for (const [text, expected] of ACCEPTED) {
  test(`accepted: ${text}`, () => {
    assert.deepEqual(parsePublish(text), expected);
  });
}

const REFUSED = [
  '',
  '0',
  '65536',
  '80/icmp',
  '80:',
  ':80',
  '80:80:80',
  '80:70:90:*',
  '65530:65535:65534:*',
  // The last of the range is 65536, in the container and on the host.
  '1:2:65535:*',
  '65535:65536:1:*',
  'a:b',
  '80/tcp/udp',
  '-1',
  '99999999999',
  'eth0:',
  'interface-name-too-long:80',
];

for (const text of REFUSED) {
  test(`refused: '${text}'`, () => {
    assert.throws(
      () => parsePublish(text),
      (error) => hasCode(error, 'INVALID_ARGUMENT', 'INVALID_NAME'),
    );
  });
}

test.run();
