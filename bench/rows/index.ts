/** All rows, in the order of the table. */
import type { Row } from '../support/row.ts';
import { connect } from './connect.ts';
import { connectSyncs } from './connect-syncs.ts';
import { connections } from './connections.ts';
import { connectsAtOnce } from './connects-at-once.ts';
import { containerMemory } from './container-memory.ts';
import { containersCheck } from './containers-check.ts';
import { containersDown } from './containers-down.ts';
import { containersPrune } from './containers-prune.ts';
import { containersRm } from './containers-rm.ts';
import { containersRun } from './containers-run.ts';
import { disconnect } from './disconnect.ts';
import { kleeMemory } from './klee-memory.ts';
import { leases } from './leases.ts';
import { leasesTogether } from './leases-together.ts';
import { leasesWithGaps } from './leases-with-gaps.ts';
import { libraryConnect } from './library-connect.ts';
import { networkCreate } from './network-create.ts';
import { networkLs } from './network-ls.ts';
import { networkRm } from './network-rm.ts';
import { networksCheck } from './networks-check.ts';
import { networksConnect } from './networks-connect.ts';
import { networksConnections } from './networks-connections.ts';
import { networksCreate } from './networks-create.ts';
import { networksRm } from './networks-rm.ts';
import { roundTrips } from './round-trips.ts';
import { run } from './run.ts';
import { tcp } from './tcp.ts';
import { udp } from './udp.ts';
import { udpSizes } from './udp-sizes.ts';
import { version } from './version.ts';

export const ROWS: ReadonlyMap<string, Row> = new Map([
  ['version', version],
  ['network-ls', networkLs],
  ['connect', connect],
  ['disconnect', disconnect],
  ['run-ipnet', run('ipnet')],
  ['run-vnet', run('vnet')],
  ['network-create', networkCreate],
  ['network-rm', networkRm],
  ['connects-at-once', connectsAtOnce],
  ['connect-syncs', connectSyncs],
  ['networks-connect', networksConnect],
  ['networks-check', networksCheck],
  ['networks-create', networksCreate],
  ['networks-rm', networksRm],
  ['containers-run', containersRun],
  ['containers-check', containersCheck],
  ['containers-rm', containersRm],
  ['containers-down', containersDown],
  ['containers-prune', containersPrune],
  ['container-memory', containerMemory],
  ['klee-memory', kleeMemory],
  ['tcp-ipnet', tcp('ipnet')],
  ['udp-ipnet', udp('ipnet')],
  ['connections-ipnet', connections('ipnet')],
  ['round-trips-ipnet', roundTrips('ipnet')],
  ['udp-sizes-ipnet', udpSizes('ipnet')],
  ['tcp-vnet', tcp('vnet')],
  ['udp-vnet', udp('vnet')],
  ['connections-vnet', connections('vnet')],
  ['round-trips-vnet', roundTrips('vnet')],
  ['udp-sizes-vnet', udpSizes('vnet')],
  ['networks-connections', networksConnections],
  ['leases', leases],
  ['leases-with-gaps', leasesWithGaps],
  ['leases-together', leasesTogether],
  ['library-connect', libraryConnect],
]);
