/** Drivers that declare what they should not. */
import type { Capabilities, OptionDescription } from '@kleenet/core/driver';
import { OWN, RESTRICTED, withDriver } from '../reference.ts';
import type { BrokenDriver } from './broken-driver.ts';

const NOTHING_WITH_MAC: Capabilities = Object.freeze({
  stack: 'none',
  networkTypes: Object.freeze([]),
  families: Object.freeze([]),
  connectWhileRunning: false,
  disconnectWhileRunning: false,
  publishPorts: false,
  mac: true,
  gateway: false,
});

let answers = 0;

const LOOSE: readonly (readonly [fault: string, check: OptionDescription['check']])[] = [
  ['takes any text', () => undefined],
  ['takes a number with white space', (value) => (Number(value) > 0 ? undefined : 'not a size')],
  ['looks at one line only', (value) => (/^\d+$/m.test(value) ? undefined : 'not a size')],
  ['knows no shortest length', (value) => (/^\d*$/.test(value) ? undefined : 'not a size')],
];

export const BROKEN_MANIFESTS: readonly BrokenDriver[] = [
  {
    fault: 'has a name that is not a name',
    subject: withDriver({ name: 'My Driver' }),
    fails: 'its name is lower-case letters, digits and dashes',
  },
  {
    fault: 'has capabilities that can be changed',
    subject: withDriver({ capabilities: { ...OWN } }),
    fails: 'its capabilities are frozen data of the declared form',
  },
  {
    fault: 'misspells a capability',
    subject: withDriver({
      capabilities: Object.freeze({ ...OWN, connectsWhileRunning: true } as Capabilities),
    }),
    fails: 'its capabilities are frozen data of the declared form',
  },
  {
    fault: 'connects to nothing, and has MAC addresses',
    subject: withDriver({ capabilities: NOTHING_WITH_MAC }),
    fails: 'its capabilities do not contradict each other',
  },
  {
    fault: "connects to networks with the host's stack",
    subject: withDriver({ capabilities: Object.freeze({ ...RESTRICTED, stack: 'host' }) }),
    fails: 'its capabilities do not contradict each other',
  },
  {
    fault: 'keeps inside what it does not connect to',
    subject: withDriver({
      capabilities: Object.freeze({ ...OWN, internalOn: Object.freeze(['custom'] as const) }),
    }),
    fails: 'its capabilities do not contradict each other',
  },
  {
    fault: 'declares capabilities on one platform that can be changed',
    subject: withDriver({ platformCapabilities: { linux: { gateway: false } } }),
    fails: 'its capabilities are frozen data of the declared form',
  },
  {
    fault: "connects to networks with the host's stack on one platform",
    subject: withDriver({ platformCapabilities: { linux: Object.freeze({ stack: 'host' }) } }),
    fails: 'its capabilities do not contradict each other',
  },
  {
    fault: 'connects to networks of no family',
    subject: withDriver({ capabilities: Object.freeze({ ...OWN, families: Object.freeze([]) }) }),
    fails: 'its capabilities do not contradict each other',
  },
  {
    fault: 'has an option whose check throws',
    subject: withDriver({
      options: {
        size: {
          description: 'In bytes.',
          check(value) {
            const [digits] = /^\d+$/.exec(value) as RegExpExecArray;
            return digits === '0' ? undefined : 'not 0';
          },
        },
      },
    }),
    fails: 'its options are described, and their checks answer for any text',
  },
  {
    fault: 'has an option whose check depends on the hour',
    subject: withDriver({
      options: {
        size: {
          description: 'In bytes.',
          check: (value) =>
            /^\w+$/.test(value) && answers++ % 2 === 0 ? undefined : 'not at this hour',
        },
      },
    }),
    fails: 'the check of an option gives the same answer to the same text',
  },
  ...LOOSE.map(([fault, check]) => ({
    fault: `has an option that ${fault}`,
    subject: withDriver({ options: { size: { description: 'In bytes.', check } } }),
    fails:
      'the check of an option refuses an empty text, white space at either end, and control characters',
  })),
  {
    fault: 'has a data plane for a platform that does not exist',
    subject: withDriver({ dataPlanes: { plan9: () => Promise.reject(new Error('no')) } as object }),
    fails: 'it names data planes of known platforms only',
  },
];
