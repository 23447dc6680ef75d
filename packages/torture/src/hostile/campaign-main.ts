/** Takes one campaign on this host: as root, in namespaces of its own. Reads the cases, and prints what came of them, as JSON. */
import { answerOrder } from '../in-namespaces.ts';
import { campaign } from './campaign.ts';
import type { CampaignOptions } from './campaign.ts';
import type { Campaign } from './findings.ts';
import { openHost } from './scene/host.ts';
import type { HostOptions } from './scene/host.ts';

/** What this program reads. */
export interface CampaignOrder extends HostOptions, Omit<CampaignOptions, 'log'> {}

await answerOrder<CampaignOrder, Campaign>(async ({ cases, until, ...options }, log) => {
  const host = await openHost(options);
  const result = await campaign(host, { ...options, cases, until, log });
  await host.close();
  return result;
});
