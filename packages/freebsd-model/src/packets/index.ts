/** Packets on a modelled host: the ways that they take, and what pf does with them. */
export { Delivery, HOST_PLACE, OUTSIDE_PLACE } from './delivery.ts';
export type { Neighbour, Outcome, Place, Question } from './delivery.ts';
export type { Packet } from './evaluator.ts';
export { PfHost } from './paths.ts';
export type { HostInterface, HostOptions, Party } from './paths.ts';
export { parseRules } from './rules.ts';
