/** Lists sockets: sockstat(1), for listening ones. */
import { printed } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';

const HEADING = ['USER', 'COMMAND', 'PID', 'FD', 'PROTO', 'LOCAL ADDRESS', 'FOREIGN ADDRESS'];
const WIDTHS = [8, 10, 5, 2, 6, 45, 45];

/** With `-j 0`, those of the host itself. The other options change nothing: every modelled socket is listening. */
export function sockstat({ state }: Machine, { args }: Call): Answer {
  const ofHost = args.includes('-j');
  const shown = state.listeners.filter(({ jid }) => !ofHost || jid === undefined);
  const rows = shown.map(({ command, pid, protocol, local }) => [
    'root',
    command.slice(0, 10),
    String(pid),
    pid === '?' ? '?' : '3',
    protocol,
    local,
    '*:*',
  ]);
  return printed([HEADING, ...rows].map((row) => `${row.map(padded).join(' ')}\n`).join(''));
}

function padded(cell: string, column: number): string {
  return cell.padEnd(WIDTHS[column] ?? 0);
}
