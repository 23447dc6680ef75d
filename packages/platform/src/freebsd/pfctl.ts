/** Typed wrapper around pfctl(8): klee's anchors, and pf's status. */
import type { Argv, Cidr, CommandRunner, IpAddress } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { changingPf } from './firewall/securelevel.ts';
import { change, changeInOrder, read } from './run.ts';
import type { Outcome, RunOptions } from './run.ts';
import { scriptArgv } from '../runner/script.ts';
import { STATES } from './scripts/embedded.ts';

/** The administrator's main ruleset. Only read. */
export const PF_CONF = '/etc/pf.conf';

/**
 * The number of attempts to load: the kernel fills rulesets of all anchors through one place, and fails for concurrent
 * loads.
 */
const LOAD_ATTEMPTS = 25;

interface Signalled {
  readonly signal?: AbortSignal;
}

/** The content of an anchor besides its filter rules. */
export interface Companions {
  /** Rules for translation as pf writes them. */
  readonly translation: readonly string[];
  /** The names of tables. */
  readonly tables: readonly string[];
}

function checkArgv(anchor: string): Argv {
  return ['pfctl', '-a', anchor, '-nf', '-'];
}

function loadArgv(anchor: string): Argv {
  return ['pfctl', '-a', anchor, '-f', '-'];
}

/** Flushes an anchor, which removes it; succeeds if it does not exist. */
function flushArgv(anchor: string): Argv {
  return ['pfctl', '-a', anchor, '-F', 'all'];
}

function tableArgv(
  { anchor, table }: TableOfAnchor,
  verb: 'add' | 'delete' | 'show' | 'kill',
  addresses: readonly IpAddress[] = [],
): Argv {
  return ['pfctl', '-a', anchor, '-t', table, '-T', verb, ...addresses];
}

export interface TableOfAnchor {
  readonly anchor: string;
  readonly table: string;
}

/** A ruleset in pf's own form, with its tables; or the reason why pf refuses it. Loads nothing. */
export async function expandRules(
  commands: CommandRunner,
  anchor: string,
  text: string,
): Promise<{ readonly lines: readonly string[] } | { readonly refused: string }> {
  const argv: Argv = ['pfctl', '-a', anchor, '-nvf', '-'];
  const { status, stdout, stderr } = await commands.read(argv, {
    input: text,
    accept: 'any',
    together: true,
  });
  return status === 0 ? { lines: wordLines(stdout) } : { refused: stderr.trim() };
}

/** Replaces the content of an anchor atomically. */
export async function loadRules(
  commands: CommandRunner,
  anchor: string,
  text: string,
  options: Signalled = {},
): Promise<void> {
  for (let left = LOAD_ATTEMPTS; left > 0; left -= 1) {
    const { reason } = await changePf(commands, loadArgv(anchor), {
      ...options,
      input: text,
      rehearsal: checkArgv(anchor),
      tolerate: left > 1 ? ['busy'] : [],
    });
    if (reason === undefined) return;
  }
}

export async function flushRules(
  commands: CommandRunner,
  anchor: string,
  options: Signalled = {},
): Promise<void> {
  await changePf(commands, flushArgv(anchor), { ...options, tolerate: ['anchor-gone'] });
}

/** Adds addresses to a table; existing ones, and a missing table, are not errors. */
export async function addToTable(
  commands: CommandRunner,
  table: TableOfAnchor,
  addresses: readonly IpAddress[],
  options: Signalled = {},
): Promise<void> {
  await changePf(commands, tableArgv(table, 'add', addresses), options);
}

export async function deleteFromTable(
  commands: CommandRunner,
  table: TableOfAnchor,
  addresses: readonly IpAddress[],
  options: Signalled = {},
): Promise<void> {
  await changePf(commands, tableArgv(table, 'delete', addresses), {
    ...options,
    tolerate: ['table-gone', 'anchor-gone'],
  });
}

/** Removes tables; a missing one is not an error. */
export async function killTables(
  commands: CommandRunner,
  anchor: string,
  tables: readonly string[],
  options: Signalled = {},
): Promise<void> {
  const argvs = tables.map((table) => tableArgv({ anchor, table }, 'kill'));
  await changingPf(commands, () =>
    changeInOrder(commands, argvs, { ...options, tolerate: ['table-gone', 'anchor-gone'] }),
  );
}

/** The addresses in a table; none if it does not exist. */
export async function readTable(
  commands: CommandRunner,
  table: TableOfAnchor,
  options: Signalled = {},
): Promise<readonly string[]> {
  const { stdout } = await read(commands, tableArgv(table, 'show'), {
    ...options,
    shared: true,
    tolerate: ['table-gone', 'anchor-gone'],
  });
  return wordLines(stdout);
}

/** The content of an anchor besides its filter rules. */
export async function readCompanions(commands: CommandRunner, anchor: string): Promise<Companions> {
  const [translation, tables] = await Promise.all([
    show(commands, ['-a', anchor, '-s', 'nat']),
    readTables(commands, anchor),
  ]);
  return { translation, tables };
}

/** The names of the tables of an anchor. */
export function readTables(commands: CommandRunner, anchor: string): Promise<readonly string[]> {
  return show(commands, ['-a', anchor, '-s', 'Tables']);
}

/** The filter rules of an anchor. A missing one has none: pfctl(8) then complains, and exits 0. */
export function readFilter(commands: CommandRunner, anchor: string): Promise<readonly string[]> {
  return show(commands, ['-a', anchor, '-s', 'rules']);
}

/** The full names of the anchors below one. */
export function readAnchors(commands: CommandRunner, below: string): Promise<readonly string[]> {
  return show(commands, ['-a', below, '-s', 'Anchors']);
}

function changePf(commands: CommandRunner, argv: Argv, options: RunOptions): Promise<Outcome> {
  return changingPf(commands, () => change(commands, argv, options));
}

async function show(
  commands: CommandRunner,
  words: readonly string[],
  options: Signalled = {},
): Promise<readonly string[]> {
  const { stdout } = await read(commands, ['pfctl', ...words], {
    ...options,
    shared: true,
    tolerate: ['anchor-gone'],
  });
  return wordLines(stdout);
}

function wordLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The state of pf: not installed, not accessible to this user, not loaded, disabled, or enabled. */
export type PfState = 'no-program' | 'denied' | 'not-loaded' | 'disabled' | 'enabled';

export async function readPfState(commands: CommandRunner): Promise<PfState> {
  try {
    const { reason, stdout } = await read(commands, ['pfctl', '-s', 'info'], {
      tolerate: ['pf-missing', 'denied'],
    });
    if (reason !== undefined) return reason === 'denied' ? 'denied' : 'not-loaded';
    return /^Status: Enabled\b/m.test(stdout) ? 'enabled' : 'disabled';
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return 'no-program';
  }
}

/** The administrator's settings of pf. */
export interface MainRules {
  readonly filter: readonly string[];
  readonly translation: readonly string[];
  /** Interfaces and groups that pf skips. */
  readonly skipped: readonly string[];
  /** Whether pf reassembles fragments: it neither translates nor tracks single ones. */
  readonly reassembles: boolean;
}

/** The loaded main ruleset. Some releases do not list skipped interfaces. */
export async function readMainRules(commands: CommandRunner): Promise<MainRules> {
  const [filter, translation, interfaces, info] = await Promise.all([
    show(commands, ['-s', 'rules']),
    show(commands, ['-s', 'nat']),
    show(commands, ['-s', 'Interfaces', '-v']),
    show(commands, ['-v', '-s', 'info']),
  ]);
  const reassembles = filter.some(isReassembly) || info.some(isReassemblyOption);
  return { filter, translation, skipped: parseSkipped(interfaces), reassembles };
}

/** FreeBSD 14 has an option in place of the rule, and prints it with `-v`. */
function isReassemblyOption(line: string): boolean {
  return /^Reassemble\s+yes\b/.test(line);
}

/** A rule that reassembles all inbound fragments. One with conditions does not count. */
function isReassembly(line: string): boolean {
  return /^scrub(?: in)?(?: log)? all\b.*\bfragment reassemble\b/.test(line);
}

/** In seconds: host names in pf.conf are resolved, and the resolver may not answer. */
const CONF_PATIENCE = '5';

/** The main ruleset as pf.conf has it, macros expanded; undefined when pfctl(8) cannot read it. Loads nothing. */
export async function readPfConf(commands: CommandRunner): Promise<MainRules | undefined> {
  const { status, stdout } = await commands.read(
    ['timeout', CONF_PATIENCE, 'pfctl', '-nvf', PF_CONF],
    { accept: 'any', together: true },
  );
  return status === 0 ? parsePfConf(stdout) : undefined;
}

/** The interfaces that `pfctl -s Interfaces -v` marks. */
export function parseSkipped(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => /^(\S+) \(skip\)$/.exec(line)?.[1] ?? []);
}

/** What `pfctl -nvf` prints. */
export function parsePfConf(text: string): MainRules {
  const lines = wordLines(text);
  const isTranslation = (line: string): boolean =>
    /^(?:no )?(?:nat|rdr|binat)(?:-anchor)?\b/.test(line);
  return {
    filter: lines.filter((line) => /^(?:pass|block|anchor)\b/.test(line)),
    translation: lines.filter(isTranslation),
    skipped: lines.flatMap(
      (line) =>
        /^set skip on \{(.*)\}$/
          .exec(line)?.[1]
          ?.trim()
          .split(/[\s,]+/) ?? [],
    ),
    reassembles: lines.some((line) => isReassembly(line) || /^set reassemble yes\b/.test(line)),
  };
}

/** The lines that pf prints for each state: its ends, and further on its id. */
export function readStateLines(
  commands: CommandRunner,
  options: Signalled = {},
): Promise<readonly string[]> {
  return show(commands, ['-vv', '-s', 'states'], options);
}

/** Ends states from and to an address or subnet; of those from it, also what they became behind a translation. */
export async function killStatesBetween(
  commands: CommandRunner,
  span: Cidr | IpAddress,
  options: Signalled = {},
): Promise<void> {
  const any = span.includes(':') ? '::/0' : '0.0.0.0/0';
  await changePf(commands, ['pfctl', '-M', '-k', span], options);
  await changePf(commands, ['pfctl', '-k', any, '-k', span], options);
}

export async function killStatesById(
  commands: CommandRunner,
  ids: readonly string[],
  options: Signalled = {},
): Promise<void> {
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE)
    await change(commands, scriptArgv(STATES, ids.slice(start, start + IDS_AT_ONCE)), options);
}

/** The number of ids per command: each has 16 digits, and needs its own process. */
const IDS_AT_ONCE = 200;
