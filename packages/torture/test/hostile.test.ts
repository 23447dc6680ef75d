import assert from 'node:assert/strict';
import { test } from 'uvu';
import { casesOf } from '../src/hostile/cases.ts';
import { markOf } from '../src/hostile/scene/marks.ts';
import { differences } from '../src/hostile/scene/look.ts';
import { mayBeSeen } from '../src/hostile/scene/places.ts';
import { memberWords, sceneOf, stationOf } from '../src/hostile/scene/plan.ts';
import { FRAME_VOLLEYS, SOCKET_VOLLEYS } from '../src/hostile/volleys/index.ts';

const STATION = { mac: '02:00:00:00:00:77', ipv4: '192.0.2.7', ipv6: '2001:db8::7' };
const SCENE = sceneOf('evil', () => '02:00:00:00:00:01', { host: STATION, outside: STATION });

test('every volley has frames, and each frame its mark', () => {
  for (const volley of [...FRAME_VOLLEYS, ...SOCKET_VOLLEYS]) {
    const { name } = volley;
    const mark = markOf(1, 77);
    let count = 0;
    for (const shot of volley.shots(SCENE)) {
      count += 1;
      if (count > 200) continue;
      const bytes = shot.bytes(mark);
      const isThere = bytes.includes(mark) || bytes.includes(mark.toString('hex'));
      assert.ok(isThere, `${name}: ${shot.name}`);
    }
    assert.ok(count > 10, `${name} has ${count}`);
  }
});

test('a sweep has every EtherType', () => {
  const types = new Set<number>();
  for (const volley of FRAME_VOLLEYS.filter(({ name }) => name.startsWith('types')))
    for (const shot of volley.shots(SCENE)) types.add(shot.bytes(markOf(1, 2)).readUInt16BE(12));
  assert.equal(types.size, 65_536);
});

test('the same frames come of the same scene', () => {
  for (const volley of FRAME_VOLLEYS.filter(({ name }) => name.includes('fragments'))) {
    const [one, two] = [0, 1].map(() =>
      [...volley.shots(SCENE)].map((shot) => shot.bytes(markOf(1, 2))),
    );
    assert.deepEqual(one, two);
  }
});

test('a seed is an order of the cases', () => {
  assert.deepEqual(casesOf(5), casesOf(5));
  assert.notDeepEqual(casesOf(5), casesOf(6));
});

test('what was sent on one network is seen on no other', () => {
  assert.ok(mayBeSeen('lan', 'local', 'near'));
  assert.ok(mayBeSeen('lan', 'open', 'outside'));
  assert.ok(mayBeSeen('inner', 'open', 'inside'));
  for (const [link, verdict, place] of [
    ['lan', 'dropped', 'near'],
    ['lan', 'local', 'outside'],
    ['lan', 'open', 'far'],
    ['lan', 'open', 'inside'],
    ['lan', 'open', 'port'],
    ['apart', 'open', 'aside'],
    ['inner', 'open', 'outside'],
  ] as const)
    assert.ok(!mayBeSeen(link, verdict, place), `${link} ${verdict} ${place}`);
});

test('what a bridge has learned may be forgotten, and nothing else', () => {
  assert.deepEqual(differences(['a', 'learned b'], ['a']), []);
  assert.deepEqual(differences(['a', 'b'], ['b', 'learned c']), ['- a', '+ learned c']);
});

test('members have fixed addresses', () => {
  assert.deepEqual(stationOf('near', 'lan'), {
    mac: '02:88:00:00:01:0a',
    ipv4: '10.88.1.10',
    ipv6: 'fd88:1::a',
  });
  const words = memberWords('routed').join(' ');
  assert.match(words, /--driver ipnet --network lan:ip=10\.88\.1\.20,ip6=fd88:1::14$/);
});

test.run();
