/**
 * klee as it is, but it kills itself (SIGKILL) at the n-th point: after the n-th commit or host command.
 * KLEE_TEST_POINT says which. A point beyond the last one changes nothing. With KLEE_TEST_HOST it works on a FreeBSD
 * host that is asked through a socket.
 */
import { runProcess } from '../../src/process.ts';
import { watched } from './points.ts';
import { remoteCommands } from './remote-host.ts';

const fatal = Number(process.env['KLEE_TEST_POINT']);
const host = process.env['KLEE_TEST_HOST'];
// What klee starts, its supervisors above all, is to live on.
delete process.env['KLEE_TEST_POINT'];
let passed = 0;

function point(): void {
  passed += 1;
  if (passed === fatal) process.kill(process.pid, 'SIGKILL');
}

const { store, commands } = watched({ point, look: () => undefined });
const remote = host === undefined ? undefined : remoteCommands(host);

void runProcess({
  ...(remote === undefined ? {} : { system: 'freebsd' }),
  decorate: { store, commands: (own) => commands(remote ?? own) },
});
