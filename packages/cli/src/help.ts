/** Help texts, formatted by yargs from the tables that the parser uses. */
import yargs from 'yargs';
import type { Argv } from 'yargs';
import type { Command } from './command-line/definition.ts';
import type { Argument, Arguments, Option } from './command-line/options.ts';
import { optionName } from './command-line/options.ts';
import { GLOBAL_OPTIONS } from './command-line/globals.ts';
import { childrenOf, isPublic } from './command-line/route.ts';
import { GROUPS, TREE, loadCommand } from './commands/index.ts';
import { renderTable } from './render/table.ts';

/** In columns: the minimum width of a terminal, and a readable one. */
const WIDTH = 100;

const EXIT_STATUS = [
  'Exit status:',
  '  0  done',
  '  1  refused or failed',
  '  2  unknown command or option, or missing argument',
  '  3  plugin test: no case fails, and a platform of the driver could not be tried',
  "  run and exec exit with the command's own status: 125 when klee itself failed, 126 when the",
  '  command cannot be executed, 127 when it is not found',
];

/** Help of one command, under the name that the user typed, with the available drivers. */
export async function commandHelp(
  called: string,
  command: Command,
  drivers: readonly string[] = [],
): Promise<string> {
  const usage = [
    'klee',
    called,
    '[OPTION…]',
    ...Object.values(command.arguments).map(argumentUsage),
  ].join(' ');
  let help = blank().usage(`${usage}\n\n${command.describe}.`);
  for (const [key, option] of Object.entries(command.options))
    help = addOption(help, key, option, 'Options:');
  for (const [key, option] of Object.entries<Option>(GLOBAL_OPTIONS))
    help = addOption(help, key, option, 'Options of every command:');
  for (const [line, meaning] of command.examples) help = help.example(`klee ${line}`, meaning);
  const known = drivers.length === 0 ? '' : `Drivers: ${drivers.join(', ')}`;
  const notes = [command.notes ?? '', known, aliasesOf(called)]
    .filter((note) => note !== '')
    .join('\n\n');
  return (await help.epilogue(notes).getHelp()).trimEnd();
}

function blank(): Argv {
  return yargs([])
    .scriptName('klee')
    .locale('en')
    .detectLocale(false)
    .help(false)
    .version(false)
    .wrap(WIDTH);
}

function addOption(help: Argv, key: string, option: Option, group: string): Argv {
  if (option.hidden === true) return help;
  const name = optionName(key, option);
  const negated =
    option.type === 'flag' && option.negatable === true ? ` (--no-${name} for the opposite)` : '';
  return help.option(name, {
    describe: `${option.describe}${negated}`,
    group,
    ...(option.alias === undefined ? {} : { alias: option.alias }),
    ...valueType(option),
  });
}

function valueType(option: Option): {
  type: 'boolean' | 'number' | 'string' | 'array';
  choices?: readonly string[];
} {
  switch (option.type) {
    case 'flag':
      return { type: 'boolean' };
    case 'number':
      return { type: 'number' };
    case 'list':
      return { type: 'string' };
    case 'text':
      return {
        type: 'string',
        ...(option.choices === undefined ? {} : { choices: option.choices }),
      };
  }
}

function argumentUsage({ name, count }: Arguments[string]): string {
  const words: Readonly<Record<Argument['count'], string>> = {
    one: name,
    optional: `[${name}]`,
    many: `${name}…`,
    command: `[${name}…]`,
  };
  return words[count];
}

function aliasesOf(called: string): string {
  const path = TREE.shortcuts[called] ?? called;
  const names = [
    path,
    ...Object.keys(TREE.shortcuts).filter((name) => TREE.shortcuts[name] === path),
  ];
  const others = names.filter((name) => name !== called);
  return others.length === 0 ? '' : `Also: ${others.map((name) => `klee ${name}`).join(', ')}`;
}

/** Help of a group of commands; of everything when the name is empty. */
export async function groupHelp(group: string): Promise<string> {
  return group === ''
    ? topHelp()
    : [
        GROUPS[group] ?? '',
        '',
        ...(await listCommands(group)),
        '',
        footer(`${group} COMMAND`),
      ].join('\n');
}

async function listCommands(group: string): Promise<string[]> {
  const names = childrenOf(TREE, group).filter(isPublic);
  const commands = await Promise.all(names.map((name) => loadCommand(`${group} ${name}`)));
  const lines = await renderTable(
    ['', ''],
    commands.map(({ describe }, index) => [`  klee ${group} ${names[index] ?? ''}`, describe]),
  );
  return lines.slice(1);
}

async function topHelp(): Promise<string> {
  const groups = await renderTable(
    ['', ''],
    Object.entries(GROUPS).map(([name, about]) => [`  klee ${name}`, about]),
  );
  const shortcuts = await renderTable(
    ['', ''],
    Object.entries(TREE.shortcuts).map(([name, path]) => [`  klee ${name}`, `klee ${path}`]),
  );
  const options = await renderTable(
    ['', ''],
    Object.entries<Option>(GLOBAL_OPTIONS).flatMap(([key, option]) => globalOption(key, option)),
  );
  return [
    'klee connects containers to networks.',
    '',
    'Groups of commands:',
    ...groups.slice(1),
    '',
    'Shortcuts:',
    ...shortcuts.slice(1),
    '',
    'Options of every command:',
    ...options.slice(1),
    '',
    ...EXIT_STATUS,
    '',
    'Begin with:',
    '  klee network create --subnet 10.10.36.0/24 testnet',
    '  klee run -d --name container1 --network=testnet host sleep 600',
    '  klee network inspect testnet',
    '',
    footer('COMMAND'),
  ].join('\n');
}

function globalOption(key: string, option: Option): [string, string][] {
  return option.hidden === true ? [] : [[`  --${optionName(key, option)}`, option.describe]];
}

function footer(what: string): string {
  return `'klee ${what} --help' explains options and gives examples.`;
}
