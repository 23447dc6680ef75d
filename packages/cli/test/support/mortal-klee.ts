/**
 * klee as it is, but it kills itself (SIGKILL) at the n-th point: before or after each commit and each host command.
 * KLEE_TEST_POINT says which. A point beyond the last one changes nothing.
 */
import { runProcess } from '../../src/process.ts';
import { watched } from './points.ts';

const fatal = Number(process.env['KLEE_TEST_POINT']);
// What klee starts, its supervisors above all, is to live on.
delete process.env['KLEE_TEST_POINT'];
let passed = 0;

function point(): void {
  passed += 1;
  if (passed === fatal) process.kill(process.pid, 'SIGKILL');
}

void runProcess({ decorate: watched({ point, look: () => undefined }) });
