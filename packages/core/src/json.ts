/** JSON that programs of the host print: what cannot be read is a failure of the program. Pure. */
import { KleenetError } from './errors.ts';

/** @throws KleenetError PLATFORM_COMMAND_FAILED */
function parseJson(program: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(program, text, error);
  }
}

/** A list; nothing and `null` are empty ones. @throws KleenetError PLATFORM_COMMAND_FAILED */
export function parseList<T>(program: string, text: string): readonly T[] {
  const list = text.trim() === '' ? [] : (parseJson(program, text) ?? []);
  if (!Array.isArray(list)) throw unreadable(program, text);
  return list as readonly T[];
}

/** An object. @throws KleenetError PLATFORM_COMMAND_FAILED */
export function parseObject<T extends object>(program: string, text: string): T {
  const value = parseJson(program, text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable(program, text);
  return value as T;
}

const SHOWN = 80;

function unreadable(program: string, text: string, cause?: unknown): KleenetError {
  const start = text.trim().slice(0, SHOWN);
  return new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `${program} succeeded, but printed what klee cannot read: ${start === '' ? 'nothing' : JSON.stringify(start)}`,
    {
      hint: `try again; if this persists, look for another program of this name in PATH`,
      details: { program, stdout: text },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
