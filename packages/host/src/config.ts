/** The configuration file: JSON, and unknown keys are refused. */
import { KleenetError } from '@kleenet/core/errors';
import * as v from 'valibot';

/** In bytes: the smallest useful log. */
const LEAST_LOG = 65_536;

const FIELDS = v.strictObject({
  root: v.optional(v.pipe(v.string(), v.startsWith('/', 'is not an absolute path'))),
  platform: v.optional(v.picklist(['auto', 'freebsd', 'linux', 'memory'])),
  commandPrefix: v.optional(v.array(v.pipe(v.string(), v.nonEmpty()))),
  plugins: v.optional(v.array(v.pipe(v.string(), v.startsWith('/', 'is not an absolute path')))),
  logLimit: v.optional(
    v.pipe(v.number(), v.safeInteger(), v.minValue(LEAST_LOG, `is less than ${LEAST_LOG} bytes`)),
  ),
});

/** Valibot treats an array as an object. */
const CONFIG = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value), 'is an array, not an object'),
  FIELDS,
);

export interface Config {
  readonly root?: string | undefined;
  readonly platform?: string | undefined;
  readonly commandPrefix?: readonly string[] | undefined;
  readonly plugins?: readonly string[] | undefined;
  readonly logLimit?: number | undefined;
}

/** @throws KleenetError INVALID_ARGUMENT with every problem of the file */
export function parseConfig(path: string, text: string): Config {
  const value = parseJson(path, text);
  // Valibot treats an array as an object.
  const result = v.safeParse(CONFIG, Array.isArray(value) ? undefined : value);
  if (result.success) return result.output;
  const issues = result.issues.map((issue) => ({
    path: v.getDotPath(issue) ?? 'file',
    message: issue.message,
  }));
  const list = issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ');
  throw new KleenetError('INVALID_ARGUMENT', `the configuration file ${path} is invalid: ${list}`, {
    hint: 'it may have root, platform, commandPrefix, plugins and logLimit',
    details: { file: path, issues },
  });
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new KleenetError(
      'INVALID_ARGUMENT',
      `the configuration file ${path} is not JSON: ${cause.message}`,
      { cause },
    );
  }
}
