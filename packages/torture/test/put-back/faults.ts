/** Faults that klee once had, as changes of the sources that bring them back. */
import type { Change } from './build.ts';

export const ATTACH_MAKES_NO_NEIGHBOUR: readonly Change[] = [
  {
    file: 'packages/driver-ipnet/src/linux-plan.ts',
    from: '`neighbour replace ${held.address} lladdr ${mac} dev ${hostInterface} nud permanent`,',
    to: '',
  },
  {
    file: 'packages/driver-ipnet/src/linux-observe.ts',
    from: 'neighbours.some(({ dst, lladdr }) => dst === held.address && lladdr === mac)',
    to: 'neighbours.length >= 0',
  },
];

export const PUBLISHED_ON_ANY_NETWORK: readonly Change[] = [
  {
    file: 'packages/core/src/firewall/intents.ts',
    from: '.toSorted(byPreference);',
    to: '.toSorted((one, other) => -byPreference(one, other));',
  },
];

export const CONNECTIONS_OUTLIVE_THEIR_CONTAINER: readonly Change[] = [
  {
    file: 'packages/platform/src/linux/conntrack.ts',
    from: "if (count === undefined || count.trim() === '0') return;",
    to: 'if (count !== null) return;',
  },
  {
    file: 'packages/platform/src/linux/firewall/inet-table.ts',
    from: "'ct state established ct direction reply accept',",
    to: "'ct state established accept',",
  },
];

export const TAGGED_FRAMES_PASS: readonly Change[] = [
  {
    file: 'packages/platform/src/linux/firewall/bridge-table.ts',
    from: "'ether type ip goto packets4',",
    to: "'meta protocol ip goto packets4',",
  },
];

export const OBSERVE_OVERLOOKS_SOURCES: readonly Change[] = [
  {
    file: 'packages/driver-ipnet/src/linux-observe.ts',
    from: 'route.prefsrc === sourceOf(held, target) &&',
    to: '',
  },
];
