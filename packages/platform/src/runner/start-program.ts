/** Starts programs by what the runtime does best. */
import { startWithBun } from './program-bun.ts';
import { startWithNode } from './program-node.ts';
import type { Program, ProgramRequest } from './program.ts';

export function startProgram(request: ProgramRequest): Program {
  return 'Bun' in globalThis ? startWithBun(request) : startWithNode(request);
}
