/** Drivers whose `validateEndpoint` is wrong. */
import { withDriver } from '../reference.ts';
import type { BrokenDriver } from './broken-driver.ts';

let answers = 0;

export const BROKEN_VALIDATIONS: readonly BrokenDriver[] = [
  {
    fault: 'validates by adding to the request',
    subject: withDriver({
      validateEndpoint: (_network, request) => {
        Object.assign(request.options, { color: 'green' });
        return [];
      },
    }),
    fails: 'validateEndpoint leaves its input as it is',
  },
  {
    fault: 'validates by mood',
    subject: withDriver({
      validateEndpoint: (_network, { addresses }) => {
        const mood = Object.keys(addresses).length === 0 ? answers++ : 0;
        return mood % 2 === 0 ? [] : [{ path: 'ip', message: 'not today' }];
      },
    }),
    fails: 'validateEndpoint gives the same answer to the same question',
  },
  {
    fault: 'refuses every network',
    subject: withDriver({ validateEndpoint: () => [{ path: 'network', message: 'no' }] }),
    fails:
      'validateEndpoint accepts an ordinary endpoint on every network that the driver declares',
  },
  {
    fault: 'throws instead of answering',
    subject: withDriver({
      validateEndpoint: (_network, { gatewayPriority }) => {
        if (gatewayPriority < 0) throw new Error('no');
        return [];
      },
    }),
    fails:
      'validateEndpoint answers requests that it cannot fulfil with issues, and does not throw',
  },
];
