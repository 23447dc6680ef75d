/** `--format '{{template}}'`: Mustache, which has no logic that could run code. */
import { KleenetError } from '@kleenet/core/errors';
import Mustache from 'mustache';

/** Compiles a template. @throws KleenetError INVALID_ARGUMENT when it is not a template */
export function compileTemplate(template: string): (view: unknown) => string {
  try {
    Mustache.parse(template);
  } catch (error) {
    throw invalidTemplate(error instanceof Error ? error.message : String(error));
  }
  return (view) =>
    new Mustache.Writer().render(template, new StrictContext(bare(view)), undefined, {
      escape: asText,
    });
}

/** An unknown name is a typing error, not an empty text. */
class StrictContext extends Mustache.Context {
  override push(view: unknown): StrictContext {
    return new StrictContext(view, this);
  }

  override lookup(name: string): unknown {
    const value: unknown = super.lookup(name);
    if (value === undefined) throw invalidTemplate(`there is no property '${name}'`);
    return value;
  }
}

/** A copy whose objects and arrays inherit nothing, so that a template reaches data only. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return Object.setPrototypeOf(value.map(bare), null);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]): [string, unknown] => [
    key,
    bare(member),
  ]);
  return Object.assign(Object.create(null) as object, Object.fromEntries(entries));
}

function asText(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'object'
    ? JSON.stringify(value)
    : `${value as string | number | boolean}`;
}

function invalidTemplate(reason: string): KleenetError {
  return new KleenetError('INVALID_ARGUMENT', `the --format template is invalid: ${reason}`, {
    hint: "use the names that --format json shows, for example '{{id}} {{name}}'",
  });
}
