/** Lists sockets: sockstat(1), for what waits for packets. */
import { printed } from '../machine.ts';
import type { Answer, Machine } from '../machine.ts';

const HEADING = ['USER', 'COMMAND', 'PID', 'FD', 'PROTO', 'LOCAL ADDRESS', 'FOREIGN ADDRESS'];
const WIDTHS = [8, 10, 5, 2, 6, 45, 45];

/** Those of the host, whatever the options: jails have none here. */
export function sockstat({ state }: Machine): Answer {
  const rows = state.listeners.map(({ command, pid, protocol, local }) => [
    'root',
    command.slice(0, 10),
    String(pid),
    '3',
    protocol,
    local,
    '*:*',
  ]);
  return printed([HEADING, ...rows].map((row) => `${row.map(padded).join(' ')}\n`).join(''));
}

function padded(cell: string, column: number): string {
  return cell.padEnd(WIDTHS[column] ?? 0);
}
