/** Whether pf of this host meets klee's requirements, and exactly what is missing. */
import type { CommandRunner, PlaneStatus } from '@kleenet/core';
import { readInterfaces } from '../ifconfig.ts';
import type { Interface } from '../ifconfig.ts';
import { GROUP } from '../names.ts';
import { once } from '../run.ts';
import type { Fact } from '../run.ts';
import { PF_CONF, readMainRules, readPfConf, readPfState } from '../pfctl.ts';
import type { MainRules, PfState } from '../pfctl.ts';
import { differences, readSysctls } from '../sysctl.ts';
import type { SysctlChange } from '../sysctl.ts';
import { skippedSentence } from './compare.ts';
import type { Skipped } from './compare.ts';
import { MEMBER_FILTER, memberSentence } from './members.ts';
import { SECURE_LEVEL, lockedSentence } from './securelevel.ts';

/** Facts about pf, cached per command runner. */
interface PfProbe {
  /**
   * `unavailable` when pf would not evaluate rules; `degraded` when it does, but not for all packets that they concern.
   */
  readonly status: PlaneStatus;
  /** Traffic that pf does not check. */
  readonly skipped: readonly Skipped[];
}

const pfState = once(readPfState);

/** Whether pf is loaded, so that it can hold rules, evaluated or not. */
export async function isPfLoaded(commands: CommandRunner, signal?: AbortSignal): Promise<boolean> {
  const state = await pfState(commands, signal);
  return state === 'enabled' || state === 'disabled';
}

export const probePf: Fact<PfProbe> = once(lookAtPf);

async function lookAtPf(commands: CommandRunner): Promise<PfProbe> {
  const names = [...MEMBER_FILTER.map(({ name }) => name), SECURE_LEVEL];
  // All at once, in one program: without pf, the rest fails as well, and does not matter.
  const rest = Promise.all([
    readMainRules(commands),
    readPfConf(commands),
    readSysctls(commands, names),
  ]);
  rest.catch(() => undefined);
  const state = await pfState(commands);
  if (state !== 'enabled' && state !== 'disabled')
    return { skipped: [], status: unavailable([STATES[state]]) };
  const [loaded, onDisk, kernel] = await rest;
  const settings = [...new Set([...loaded.skipped, ...(onDisk?.skipped ?? [])])];
  const unseen = differences(MEMBER_FILTER, kernel);
  const locked = lockedSentence(kernel.get(SECURE_LEVEL));
  const isQuiet = settings.length === 0 && unseen.length === 0;
  const interfaces = isQuiet ? [] : await readInterfaces(commands);
  const skipped = settings.map((setting) => expand(setting, interfaces));
  const missing = [
    ...(locked === undefined ? [] : [locked]),
    ...(state === 'disabled' ? [STATES.disabled] : []),
    ...anchorReasons(loaded, onDisk),
  ];
  if (missing.length > 0) return { skipped, status: unavailable(missing) };
  const reasons = [...skippedReasons(skipped, interfaces), ...memberReasons(unseen, interfaces)];
  return {
    skipped,
    status: {
      state: reasons.length === 0 ? 'ready' : 'degraded',
      reasons: [...reasons, ...fragmentReasons(loaded, onDisk)],
    },
  };
}

/** Bringing up a network of type bridge sets this, so it does not matter without one. */
function memberReasons(
  unseen: readonly SysctlChange[],
  interfaces: readonly Interface[],
): readonly string[] {
  const hasBridge = interfaces.some(
    ({ groups }) => groups.includes(GROUP) && groups.includes('bridge'),
  );
  return hasBridge ? unseen.map(memberSentence) : [];
}

const REASSEMBLE = 'scrub all fragment reassemble';

/** Passing packets are checked correctly; but datagrams above the MTU do not pass NAT and published ports. */
function fragmentReasons(loaded: MainRules, onDisk: MainRules | undefined): readonly string[] {
  if (loaded.reassembles) return [];
  const loses =
    'datagrams above the MTU are lost at NAT and published ports, because pf does not reassemble fragments';
  return [
    onDisk?.reassembles === true
      ? `${loses}: ${PF_CONF} enables reassembly, but is not loaded: run 'pfctl -f ${PF_CONF}'`
      : `${loses}: write the line '${REASSEMBLE}' into ${PF_CONF}, above all translation rules; ${LOAD}`,
  ];
}

function expand(setting: string, interfaces: readonly Interface[]): Skipped {
  const members = interfaces.filter(({ groups }) => groups.includes(setting));
  return { setting, interfaces: members.map(({ name }) => name) };
}

function unavailable(reasons: readonly string[]): PlaneStatus {
  return { state: 'unavailable', reasons };
}

const STATES: Readonly<Record<Exclude<PfState, 'enabled'>, string>> = {
  'no-program': 'pfctl(8) is missing, which belongs to the base system',
  denied: 'only root may ask pf for its rules',
  'not-loaded': `pf is not loaded: put pf_enable="YES" into /etc/rc.conf, and run 'service pf start' once ${PF_CONF} is there`,
  disabled: `pf is loaded, but not enabled: put pf_enable="YES" into /etc/rc.conf, and run 'service pf start'`,
};

/**
 * The lines that make pf evaluate klee's rules, with their positions: pf.conf(5) requires translation before filtering.
 */
const ANCHORS = [
  { line: 'nat-anchor "klee/*"', place: 'translation rules', rules: 'translation' },
  { line: 'rdr-anchor "klee/*"', place: 'translation rules', rules: 'translation' },
  { line: 'anchor "klee/*"', place: 'filter rules', rules: 'filter' },
] as const;

const LOAD = `check it with 'pfctl -nf ${PF_CONF}', and load it with 'pfctl -f ${PF_CONF}'`;

/** The missing lines. An anchor with conditions does not count. */
export function anchorReasons(loaded: MainRules, onDisk: MainRules | undefined): readonly string[] {
  const has = (main: MainRules, { line, rules }: (typeof ANCHORS)[number]): boolean =>
    main[rules].some((rule) => rule === line || rule === `${line} all`);
  const missing = ANCHORS.filter((anchor) => !has(loaded, anchor));
  if (missing.length === 0) return [];
  if (onDisk !== undefined && missing.every((anchor) => has(onDisk, anchor)))
    return [
      `${PF_CONF} has the lines for klee, but they are not loaded: run 'pfctl -f ${PF_CONF}'`,
    ];
  return [
    ...missing.map(
      ({ line, place }) =>
        `the line ${line} is missing in ${PF_CONF}, among the ${place}${place === 'filter rules' ? ', as the first of them' : ', which stand above all filter rules'}`,
    ),
    `once ${PF_CONF} has ${missing.length === 1 ? 'the line' : 'these lines'}, ${LOAD}`,
  ];
}

/** The relevant ones: lo0 leads to aliases on bridges and on the user's interfaces, and to all of IPv6. */
function skippedReasons(
  skipped: readonly Skipped[],
  interfaces: readonly Interface[],
): readonly string[] {
  const ours = new Set([
    'lo0',
    ...interfaces.filter(({ groups }) => groups.includes(GROUP)).map(({ name }) => name),
  ]);
  return skipped
    .filter((one) => [one.setting, ...one.interfaces].some((name) => ours.has(name)))
    .map(skippedSentence);
}
