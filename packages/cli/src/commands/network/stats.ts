import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showList } from '../../render/show.ts';
import type { Listing } from '../../render/show.ts';
import { poolView } from '../../render/views.ts';
import type { PoolView } from '../../render/views.ts';
import { NETWORK } from '../arguments.ts';

const LISTING: Listing<PoolView> = {
  columns: [
    ['SUBNET', ({ subnet }) => subnet],
    ['FAMILY', ({ family }) => family],
    ['SIZE', ({ size }) => size],
    ['RESERVED', ({ reserved }) => reserved],
    ['LEASED', ({ leased }) => leased],
    ['FREE', ({ free }) => free],
  ],
  id: ({ subnet }) => subnet,
};

export const command: Command = defineCommand({
  describe: 'Show how many addresses of a network are used',
  arguments: { network: NETWORK },
  options: {},
  examples: [['network stats testnet', 'leased, reserved and free addresses']],
  async run(context, { network }) {
    const { core, engine } = await context.open();
    const pools = await core.networkStats(engine, network);
    await showList(context, LISTING, pools.map(poolView));
  },
});
