import assert from 'node:assert/strict';
import { test } from 'uvu';
import { checksum, internet, u16, u32, u8, zeros } from '../src/hostile/frames/bytes.ts';
import { arp, frame, llc, snap, tagged, typed } from '../src/hostile/frames/ethernet.ts';
import {
  chain,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  ipv4,
  ipv6,
} from '../src/hostile/frames/ip.ts';
import { icmp, icmpv6, message, tcp, udp } from '../src/hostile/frames/transport.ts';

const ENDS = { source: '10.0.0.1', destination: '10.0.0.2' } as const;
const ENDS6 = { source: 'fd00::1', destination: 'fd00::2' } as const;

test('addresses are written as the kernel reads them', () => {
  assert.equal(internet('10.88.1.255').toString('hex'), '0a5801ff');
  assert.equal(internet('::').toString('hex'), '0'.repeat(32));
  assert.equal(internet('fd88:1::99').toString('hex'), `fd880001${'0'.repeat(20)}0099`);
  assert.equal(internet('1:2:3:4:5:6:7:8').toString('hex'), '00010002000300040005000600070008');
});

test('a checksum over a message with its own is 0', () => {
  // The example of RFC 1071, 3.
  assert.equal(checksum(Buffer.from('0001f203f4f5f6f7', 'hex')), ~0xddf2 & 0xffff);
  const head = ipv4({ ...ENDS, protocol: 17 }, zeros(0)).subarray(2);
  assert.equal(checksum(head), 0);
  assert.equal(checksum(icmp(8, 0, u8(1, 2, 3, 4, 5))), 0);
});

test('transport checksums cover the addresses', () => {
  const pseudo4 = Buffer.concat([internet(ENDS.source), internet(ENDS.destination)]);
  const pseudo6 = Buffer.concat([internet(ENDS6.source), internet(ENDS6.destination)]);
  const four = udp(ENDS, [1, 2], u8(7));
  assert.equal(checksum(Buffer.concat([pseudo4, u16(four.length, 17), four])), 0);
  const six = tcp(ENDS6, [1, 2], 2, u8(7, 8));
  assert.equal(checksum(Buffer.concat([pseudo6, u32(six.length), u32(6), six])), 0);
  const asks = icmpv6(ENDS6, 135, 0, zeros(20));
  assert.equal(checksum(Buffer.concat([pseudo6, u32(asks.length), u32(58), asks])), 0);
});

test('frames have their addresses, tags and types in front', () => {
  const ends = { from: '02:00:00:00:00:01', to: 'ff:ff:ff:ff:ff:ff' };
  const inner = typed(0x0800, u8(1));
  assert.equal(frame(ends, inner).toString('hex'), 'ffffffffffff020000000001080001');
  const tags = [
    { type: 0x88a8, control: 5 },
    { type: 0x8100, control: 0 },
  ];
  assert.equal(Buffer.from(tagged(tags, inner)).toString('hex'), '88a8000581000000080001');
  assert.equal(Buffer.from(llc([0x42, 0x42], u8(9))).toString('hex'), '000442420309');
  assert.equal(
    Buffer.from(snap([0, 0, 0], 0x800, u8(9))).toString('hex'),
    '0009aaaa03000000080009',
  );
});

test('an ARP message', () => {
  const [senderMac, targetMac] = ['02:00:00:00:00:01', '00:00:00:00:00:00'];
  const says = { operation: 1, senderMac, sender: '10.0.0.1', targetMac, target: '10.0.0.2' };
  assert.equal(
    Buffer.from(arp(says, u8(0xee))).toString('hex'),
    '08060001080006040001020000000001' + '0a000001' + '000000000000' + '0a000002' + 'ee',
  );
});

test('a fragment of IPv4 has its place and whether more follow', () => {
  const fragment = { offset: 16, more: true, id: 7 };
  const packet = ipv4({ ...ENDS, protocol: 17, fragment, options: u8(1, 1, 1, 1) }, zeros(8));
  assert.equal(Buffer.from(packet.subarray(2, 10)).toString('hex'), '4600002000072002');
});

test('extension headers say what follows them', () => {
  const payload = message(17, ENDS6, u8(1));
  const fragment = fragmentHeader({ offset: 8, more: true, id: 3 });
  const { protocol, bytes } = chain([hopByHop, destinationOptions, fragment], 17, payload);
  assert.equal(protocol, 0);
  assert.deepEqual(
    [bytes[0], bytes[8], bytes[16]],
    [60, 44, 17],
    'each of the three is eight bytes long',
  );
  assert.equal(bytes.subarray(16, 24).toString('hex'), '1100000900000003');
  const packet = ipv6({ ...ENDS6, protocol, hops: 255 }, bytes);
  assert.equal(
    Buffer.from(packet.subarray(2, 10)).toString('hex'),
    `60000000${hex(bytes.length)}00ff`,
  );
});

function hex(length: number): string {
  return length.toString(16).padStart(4, '0');
}

test.run();
