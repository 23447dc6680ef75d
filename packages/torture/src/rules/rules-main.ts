/** Tries one part on this host: as root, in namespaces of its own. Reads the order, and prints what came of it, as JSON. */
import { answerOrder } from '../in-namespaces.ts';
import { tryConfinement } from './confinement/confinement.ts';
import { tryFirewall } from './firewall/firewall.ts';
import type { Outcome } from './findings.ts';

/** What this program reads. */
export interface RulesOrder {
  readonly part: string;
  readonly seed: number;
  readonly seconds: number;
  /** Comes first where programs are looked for. */
  readonly path?: string;
  readonly klee?: string;
  /** What nft(8) loads before: lines that klee has not rendered. */
  readonly also?: string;
  /** Only the lines or entries whose name matches this regular expression. */
  readonly only?: string;
}

await answerOrder<RulesOrder, Outcome>(({ part, seed, seconds, ...options }, log) => {
  const progress = { seed, until: Date.now() + seconds * 1000, log };
  const [, driver] = /^confinement of (\w+)$/.exec(part) ?? [];
  return driver === undefined
    ? tryFirewall(part, progress, options)
    : tryConfinement(driver, progress, options);
});
