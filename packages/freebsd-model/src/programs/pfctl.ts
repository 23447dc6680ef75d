/** Controls the packet filter: pfctl(8). */
import { failed, stackOf } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { anchorNames, flush, flushTables, loadRuleset, rulesetOf } from '../pf/kernel.ts';
import { parseRuleset } from '../pf/ruleset.ts';
import { isLater } from '../releases.ts';
import type { Pf, Stack } from '../state.ts';
import { showInfo, showInterfaces } from './pfctl-show.ts';
import { commandTable } from './pfctl-tables.ts';

interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

const NO_ALTQ = 'No ALTQ support in kernel\nALTQ related functions disabled\n';

export function pfctl(machine: Machine, call: Call): Answer {
  const options = parseOptions(call.args);
  const { flags, values } = options;
  const { pf } = machine.state;
  const onlyChecks = flags.has('n');
  if (!onlyChecks && (!pf.present || call.jail !== undefined)) {
    return failed('pfctl: /dev/pf: No such file or directory');
  }
  const answers: Answer[] = [];
  if (flags.has('v') && !onlyChecks) answers.push({ status: 0, stdout: '', stderr: NO_ALTQ });
  if (flags.has('d')) answers.push(disable(machine, pf));
  if (values['s'] !== undefined) answers.push(show(machine, options, values['s']));
  if (values['F'] !== undefined) answers.push(clear(machine, options, values['F']));
  if (values['T'] !== undefined)
    answers.push(
      commandTable(machine.state, anchorOf(options), values['t'] ?? '', values['T'], options.words),
    );
  if (values['f'] !== undefined) answers.push(load(machine, call, options, values['f']));
  if (flags.has('e')) answers.push(enable(machine, pf));
  return {
    status: answers.map(({ status }) => status).find((status) => status !== 0) ?? 0,
    stdout: answers.map(({ stdout }) => stdout).join(''),
    stderr: answers.map(({ stderr }) => stderr).join(''),
  };
}

function parseOptions(args: readonly string[]): Options {
  const flags = new Set<string>();
  const values: Record<string, string> = {};
  let position = 0;
  for (; /^-./.test(args[position] ?? ''); position += 1) {
    const word = args[position] ?? '';
    for (let at = 1; at < word.length; at += 1) {
      const letter = word[at] ?? '';
      if (!'afsFtT'.includes(letter)) flags.add(letter);
      else {
        values[letter] = word.slice(at + 1) || (args[(position += 1)] ?? '');
        break;
      }
    }
  }
  return { flags, values, words: args.slice(position) };
}

function anchorOf({ values }: Options): string {
  return values['a'] ?? '';
}

function enable(machine: Machine, pf: Pf): Answer {
  if (pf.enabled) return failed('pfctl: pf already enabled');
  pf.enabled = true;
  pf.since = machine.now();
  return { status: 0, stdout: '', stderr: 'pf enabled\n' };
}

function disable(machine: Machine, pf: Pf): Answer {
  if (!pf.enabled) return failed('pfctl: pf not enabled');
  pf.enabled = false;
  pf.since = machine.now();
  return { status: 0, stdout: '', stderr: 'pf disabled\n' };
}

/** Loads a whole ruleset, or nothing of it. */
function load(machine: Machine, call: Call, options: Options, path: string): Answer {
  const text = path === '-' ? call.input : path === '/dev/null' ? '' : machine.readFile(path);
  if (text === undefined) {
    return failed(
      `pfctl: ${path}: No such file or directory\npfctl: cannot open the main config file!: No such file or directory`,
    );
  }
  const { flags } = options;
  const ruleset = parseRuleset(text, path === '-' ? 'stdin' : path, stackOf(machine.state, 0));
  if ('errors' in ruleset) {
    const last = flags.has('n') ? [] : ['pfctl: Syntax error in config file: pf rules not loaded'];
    return failed([...ruleset.errors, ...last].join('\n'));
  }
  if (!flags.has('n')) {
    loadRuleset(machine.state.pf, anchorOf(options), ruleset, namesOf(stackOf(machine.state, 0)));
  }
  const shown = flags.has('v') ? ruleset.shown.map((line) => `${line}\n`).join('') : '';
  return { status: 0, stdout: shown, stderr: '' };
}

function show(machine: Machine, options: Options, what: string): Answer {
  const { pf } = machine.state;
  const anchor = anchorOf(options);
  const verbose = options.flags.has('v');
  const kind = KINDS.find((name) => name.toLowerCase().startsWith(what.toLowerCase()));
  switch (kind) {
    case 'rules':
    case 'nat':
      return showRules(machine, anchor, kind);
    case 'Anchors':
      return lines(anchorsBelow(pf, anchor, verbose).map((name) => `  ${name}`));
    case 'Tables':
      return showTables(machine, anchor);
    case 'Interfaces':
      return lines(showInterfaces(stackOf(machine.state, 0), pf, verbose));
    case 'info':
      return lines(showInfo(pf, machine.now()));
    case 'states':
    case undefined:
      return lines([]);
  }
}

const KINDS = ['rules', 'nat', 'Anchors', 'Tables', 'Interfaces', 'info', 'states'] as const;

function lines(texts: readonly string[]): Answer {
  return { status: 0, stdout: texts.map((text) => `${text}\n`).join(''), stderr: '' };
}

/** A missing anchor is reported, and is not a failure. A pattern is not an anchor, and has no rules. */
function showRules(
  { state: { pf, release } }: Machine,
  anchor: string,
  kind: 'rules' | 'nat',
): Answer {
  const ruleset = rulesetOf(pf, anchor);
  if (ruleset !== undefined) return lines(ruleset[kind]);
  if (anchor.endsWith('/*') || anchorNames(pf).includes(anchor)) return lines([]);
  const said =
    isLater(release) && kind === 'rules' ? GONE : 'pfctl: DIOCGETRULES: Invalid argument';
  return { status: 0, stdout: '', stderr: `${said}\n` };
}

const GONE = 'pfctl: Anchor does not exist.';

function showTables({ state: { pf, release } }: Machine, anchor: string): Answer {
  const ruleset = rulesetOf(pf, anchor);
  if (ruleset !== undefined) return lines(Object.keys(ruleset.tables).toSorted());
  if (anchorNames(pf).includes(anchor)) return lines([]);
  return isLater(release) ? failed(GONE) : { ...failed('pfctl: Invalid argument.'), status: 0 };
}

function anchorsBelow(pf: Pf, anchor: string, deep: boolean): readonly string[] {
  const depth = anchor === '' ? 0 : anchor.split('/').length;
  return anchorNames(pf).filter((name) => {
    if (anchor !== '' && !name.startsWith(`${anchor}/`)) return false;
    return deep || name.split('/').length === depth + 1;
  });
}

/** On FreeBSD 15.1 clearing everything fails once the anchor is gone with its rules. */
function clear({ state: { pf, release } }: Machine, options: Options, what: string): Answer {
  const anchor = anchorOf(options);
  const later = isLater(release) && anchor !== '';
  const said: string[] = [];
  let status = 0;
  const all = what === 'all';
  if (all && later) said.push('Ethernet rules cleared');
  if (all || what === 'rules') {
    flush(pf, anchor, 'rules');
    said.push('rules cleared');
  }
  if (all || what === 'nat') {
    flush(pf, anchor, 'nat');
    said.push('nat cleared');
  }
  if (all || what === 'Tables') {
    const ruleset = rulesetOf(pf, anchor);
    if (ruleset === undefined) {
      status = later ? 1 : 0;
      said.push(NO_TABLES[later ? 'later' : 'first']);
    } else {
      said.push(`${flushTables(ruleset)} tables deleted.`);
      if (all && later) said.push('rules cleared');
    }
  }
  if ((all && anchor === '') || what === 'states') said.push('0 states cleared');
  if (all && anchor === '') {
    pf.skip = [];
    said.push(
      'source tracking entries cleared',
      'pf: statistics cleared',
      'pf: interface flags reset',
    );
  }
  const heard = options.flags.has('q') ? said.filter((line) => line.startsWith('pfctl: ')) : said;
  return { status, stdout: '', stderr: heard.map((line) => `${line}\n`).join('') };
}

const NO_TABLES = {
  first: 'pfctl: Anchor or Ruleset does not exist.',
  later: 'pfctl: Operation not supported by device',
} as const;

/** Existing interfaces and groups. */
function namesOf({ interfaces }: Stack): ReadonlySet<string> {
  return new Set(interfaces.flatMap(({ name, groups }) => [name, ...groups]));
}
