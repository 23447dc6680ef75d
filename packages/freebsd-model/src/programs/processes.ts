/** The processes of jails: ps(1) with -J or the column jid, and pkill(1) -j. */
import { findJail } from '../kernel/jails.ts';
import { signalName, signalProcesses } from '../kernel/processes.ts';
import { failed } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import type { Process } from '../state.ts';

/** Columns of ps(1), and whether they are set to the right. */
const COLUMNS: Readonly<
  Record<string, { readonly title: string; readonly right: boolean; of(one: Process): string }>
> = {
  pid: { title: 'PID', right: true, of: ({ pid }) => String(pid) },
  jid: { title: 'JID', right: true, of: ({ jid }) => String(jid) },
  // Each is waiting; a process that has ended is gone immediately.
  state: { title: 'STAT', right: false, of: () => 'I' },
  command: { title: 'COMMAND', right: false, of: ({ command }) => command },
  args: { title: 'COMMAND', right: false, of: ({ command }) => command },
  comm: {
    title: 'COMMAND',
    right: false,
    of: ({ command }) => command.split(' ')[0]?.replace(/^.*\//, '') ?? '',
  },
};

/** A host also has processes outside jails. */
const INIT: Process = { pid: 1, jid: 0, command: '/sbin/init', ignores: [] };

export function ps({ state }: Machine, { args, jail }: Call): Answer {
  const wanted = valuesOf(args, '-J');
  const selected = wanted.flatMap((list) => list.split(/[ ,]+/));
  const jids: number[] = [];
  for (const text of selected) {
    const found = text === '0' ? { jid: 0 } : findJail(state, text);
    if (found === undefined) return failed(`ps: Invalid jail id: ${text}`);
    jids.push(found.jid);
  }
  const shown = [INIT, ...state.processes].filter(
    ({ jid }) =>
      (wanted.length === 0 || jids.includes(jid)) && (jail === undefined || jid === jail.jid),
  );
  const columns = valuesOf(args, '-o').flatMap((list) => list.split(','));
  return { status: shown.length === 0 ? 1 : 0, stdout: table(columns, shown), stderr: '' };
}

function valuesOf(args: readonly string[], option: string): readonly string[] {
  return args.flatMap((word, index) => {
    if (word === option) return args[index + 1] ?? [];
    return word.startsWith(option) && word.length > 2 ? word.slice(2) : [];
  });
}

/** A column is as wide as its widest value; one whose title is empty (`pid=`) makes no header when all are. */
function table(names: readonly string[], processes: readonly Process[]): string {
  const columns = (names.length === 0 ? ['pid', 'command'] : names).flatMap((name) => {
    const [key = '', title] = name.split('=', 2);
    const column = COLUMNS[key];
    return column === undefined ? [] : [{ ...column, title: title ?? column.title }];
  });
  const rows = [
    ...(columns.some(({ title }) => title !== '') ? [columns.map(({ title }) => title)] : []),
    ...processes.map((one) => columns.map((column) => column.of(one))),
  ];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows
    .map((row) => {
      const cells = row.map((cell, index) => {
        const width = widths[index] ?? 0;
        if (columns[index]?.right === true) return cell.padStart(width);
        return index === row.length - 1 ? cell : cell.padEnd(width);
      });
      return `${cells.join(' ')}\n`;
    })
    .join('');
}

export function pkill(machine: Machine, { args }: Call): Answer {
  const { state } = machine;
  const signal = args.find((word) => /^-([A-Z]{2,}|\d+)$/.test(word))?.slice(1) ?? 'TERM';
  const names = valuesOf(args, '-j').flatMap((list) => list.split(','));
  const jids: number[] = [];
  for (const name of names) {
    const found = findJail(state, name);
    if (found === undefined) return failed(`pkill: Invalid jail ID or name \`${name}'`, 2);
    jids.push(found.jid);
  }
  const hit = state.processes.filter(({ jid }) => jids.includes(jid));
  signalProcesses(machine, hit, signalName(signal));
  return { status: hit.length === 0 ? 1 : 0, stdout: '', stderr: '' };
}
