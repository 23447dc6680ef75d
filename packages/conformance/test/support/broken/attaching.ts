/** Drivers that plan or attach wrongly. */
import { KleenetError, hasCode } from '@kleenet/core/errors';
import type { Subject } from '../../../src/index.ts';
import { RESTRICTED, withPlane } from '../reference.ts';
import { firstFamily, pairOf } from './broken-driver.ts';
import type { BrokenDriver } from './broken-driver.ts';
import { requireStopped } from './require-stopped.ts';

let answers = 0;
let processes = 0;

export const BROKEN_ATTACHING: readonly BrokenDriver[] = [
  {
    fault: 'plans something else each time',
    subject: withPlane((plane) => ({
      plan: (target) => [...plane.plan(target), { kind: 'note', name: `note-${answers++}` }],
    })),
    fails: 'plan is pure',
    also: ['plan gives the same in another process, and nothing that another endpoint has'],
  },
  {
    fault: 'draws a name anew in each process',
    subject: withPlane((plane) => {
      const note = { kind: 'note', name: `note-${processes++}` };
      return { plan: (target) => [...plane.plan(target), note] };
    }),
    fails: 'plan gives the same in another process, and nothing that another endpoint has',
  },
  {
    fault: 'names what it makes by the container, which has several endpoints',
    subject: withPlane((plane) => ({
      plan: (target) => [
        ...plane.plan(target),
        { kind: 'note', name: `note-${target.container.id}` },
      ],
    })),
    fails: 'plan gives the same in another process, and nothing that another endpoint has',
  },
  {
    fault: 'plans nothing, and makes something',
    subject: withPlane(() => ({ plan: () => [] })),
    fails: 'every resource on the host at any moment of attach was claimed before',
  },
  {
    fault: 'claims an address, and does not say of which interface',
    subject: withPlane(
      (plane) => ({
        plan: (target) => plane.plan(target).map(({ kind, name }) => ({ kind, name })),
      }),
      RESTRICTED,
    ),
    fails:
      'what it claims of a known kind is said in full, so that it can be removed without the driver',
  },
  {
    fault: 'says that it cannot work',
    subject: withPlane(() => ({
      status: () => Promise.resolve({ state: 'unavailable', reasons: ['it is Monday'] }),
    })),
    fails: 'status says whether it can work, and changes nothing',
  },
  {
    fault: 'knows IPv4 only, whatever it declares',
    subject: withPlane(
      (plane) => ({
        attach: (target, call) => plane.attach(firstFamily(target), call),
        observe: (targets) => plane.observe(targets.map(firstFamily)),
      }),
      RESTRICTED,
    ),
    fails: 'attach gives the container the addresses of the endpoint, and observe agrees',
  },
  {
    fault: 'cannot attach to a running container',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        await requireStopped(host, target);
        await plane.attach(target, call);
      },
    })),
    fails: 'attach works while the command of the container runs',
  },
  {
    fault: 'attaches only once',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        const { interfaces } = await host.inspect();
        if (interfaces[`/${pairOf(target)}`]?.owner === target.endpoint.id) {
          throw new KleenetError('INTERFACE_IN_USE', 'already there');
        }
        await plane.attach(target, call);
      },
    })),
    fails: 'attach may be repeated, also after it failed half-way',
    also: [
      'attach brings back what was removed or changed behind its back, and changes nothing else',
    ],
  },
  {
    fault: 'forgets the MAC address',
    subject: withPlane((plane, host) => ({
      attach: async (target, call) => {
        await plane.attach(target, call);
        await host.tamper((state) => {
          for (const one of Object.values(state.interfaces)) if (one.sandbox !== '') one.mac = '';
        });
      },
      observe: (targets) =>
        plane.observe(
          targets.map(({ endpoint: { mac: _mac, ...endpoint }, ...target }) => ({
            ...target,
            endpoint,
          })),
        ),
    })),
    fails: 'attach gives the endpoint its MAC address',
  },
  {
    fault: 'throws errors without a code',
    subject: withFailure(new Error('something failed')),
    fails: 'attach throws a KleenetError when a step fails',
  },
  {
    fault: 'throws a text',
    subject: withFailure('something failed'),
    fails: 'attach throws a KleenetError when a step fails',
  },
  {
    fault: 'makes up a code',
    subject: withFailure(
      Object.assign(new Error('no'), { name: 'KleenetError', code: 'SOMETHING_FAILED' }),
    ),
    fails: 'attach throws a KleenetError when a step fails',
  },
  {
    fault: 'does not let attach be interrupted',
    subject: withPlane((plane) => ({
      attach: (target, call) =>
        plane.attach(target, { ...call, signal: new AbortController().signal }),
    })),
    fails: 'attach ends soon after the signal is raised',
  },
];

/** What it throws when a command on the host fails. */
function withFailure(thrown: unknown): Subject {
  return withPlane((plane) => ({
    attach: (target, call) =>
      plane
        .attach(target, call)
        .catch((error: unknown) =>
          Promise.reject(hasCode(error, 'PLATFORM_COMMAND_FAILED') ? thrown : error),
        ),
  }));
}
