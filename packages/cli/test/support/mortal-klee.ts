/**
 * klee as it is, but it kills itself (SIGKILL) at the n-th point: before or after each commit and each host command.
 * KLEE_TEST_POINT says which. A point beyond the last one changes nothing.
 */
import type { CommandRunner, Store } from '@kleenet/core';
import { runProcess } from '../../src/process.ts';

const fatal = Number(process.env['KLEE_TEST_POINT']);
// What klee starts, its supervisors above all, is to live on.
delete process.env['KLEE_TEST_POINT'];
let passed = 0;

function point(): void {
  passed += 1;
  if (passed === fatal) process.kill(process.pid, 'SIGKILL');
}

function mortalStore(store: Store): Store {
  return {
    read: (work) => store.read(work),
    async write(work) {
      point();
      const answer = await store.write(work);
      point();
      return answer;
    },
    rehearse: () => store.rehearse(),
    verify: () => store.verify(),
    close: () => store.close(),
  };
}

function mortalCommands(commands: CommandRunner): CommandRunner {
  return {
    read: (argv, options) => commands.read(argv, options),
    async change(argv, options) {
      point();
      const result = await commands.change(argv, options);
      point();
      return result;
    },
    foreground(argv, options) {
      point();
      const started = commands.foreground(argv, options);
      point();
      return started;
    },
  };
}

void runProcess({ decorate: { store: mortalStore, commands: mortalCommands } });
