/** The manifest of a plugin: the field `kleenet` of its package.json; unknown keys are refused. */
import * as v from 'valibot';
import { parseObject } from '../json.ts';

/** A driver as the manifest declares it. */
interface DeclaredDriver {
  readonly name: string;
  readonly description: string;
  readonly platforms: readonly ('freebsd' | 'linux' | 'memory')[];
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** Of the package; empty for none. */
  readonly description: string;
  /** The entry, relative to the package. */
  readonly plugin: string;
  readonly apiVersion: number;
  readonly drivers: readonly DeclaredDriver[];
  /** The plugin's actions beyond running host commands for its containers, one sentence each. */
  readonly privileges: readonly string[];
}

/** The known facts about a package with an invalid manifest. */
export interface InvalidManifest {
  /** Empty if the package has no displayable version. */
  readonly name: string;
  readonly version: string;
  readonly reason: string;
  /** Whether only the contract version differs. */
  readonly isIncompatible: boolean;
  readonly drivers: readonly string[];
}

export type Parsed = { readonly manifest: Manifest } | { readonly invalid: InvalidManifest };

/** npm's rules for new packages, and no name that looks like an option. */
const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9-._]*\/)?[a-z0-9][a-z0-9-._]*$/;
const DRIVER_NAME = /^[a-z][a-z0-9-]*$/;

/** A text that can be shown in one line. */
const line = (length: number) =>
  v.pipe(
    v.string('is not a string'),
    v.nonEmpty('is empty'),
    v.maxLength(length, `is longer than ${length} characters`),
    v.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'has characters that cannot be shown'),
  );

const PACKAGE = v.object({
  name: v.pipe(
    v.string('is not a string'),
    v.maxLength(214, 'is longer than 214 characters'),
    v.regex(PACKAGE_NAME, 'is not a valid npm package name'),
  ),
  version: line(64),
  description: v.fallback(v.string(), ''),
});

const DRIVER = v.strictObject({
  name: v.pipe(
    line(64),
    v.regex(DRIVER_NAME, 'has other characters than a-z 0-9 -, or does not begin with a letter'),
  ),
  description: line(200),
  platforms: v.pipe(
    v.array(v.picklist(['freebsd', 'linux', 'memory'], 'is none of freebsd, linux, memory')),
    v.nonEmpty('is empty'),
  ),
});

const FIELD = v.strictObject({
  plugin: v.pipe(
    line(200),
    v.check(
      (path) => path.startsWith('./') && !path.split('/').includes('..'),
      'is not a path inside the package that begins with ./',
    ),
  ),
  apiVersion: v.pipe(
    v.number('is not a number'),
    v.integer('is not a whole number'),
    v.minValue(1, 'is less than 1'),
  ),
  drivers: v.pipe(
    v.array(DRIVER, 'is not a list'),
    v.nonEmpty('is empty'),
    v.check(
      (list) => new Set(list.map(({ name }) => name)).size === list.length,
      'names one twice',
    ),
  ),
  privileges: v.optional(v.array(line(200), 'is not a list'), []),
});

/**
 * Reads a package.json. Another contract version is reported before its possible consequences.
 *
 * @param supported - the contract version of this klee
 */
export function parseManifest(text: string, supported: number): Parsed {
  const content = parseObject(text);
  const field = content?.['kleenet'];
  const known = describe(content);
  const invalid = (reason: string, isIncompatible = false): Parsed => ({
    invalid: { ...known, reason, isIncompatible },
  });
  if (content === undefined) return invalid('its package.json is not a JSON object');
  if (field === undefined)
    return invalid('its package.json has no field kleenet, so it is not a plugin');
  const apiVersion = member(field, 'apiVersion');
  if (typeof apiVersion === 'number' && apiVersion !== supported) {
    const reason = `it is written for driver contract ${apiVersion}, and this klee has ${supported}`;
    return invalid(reason, true);
  }
  const problems = [...problemsOf(PACKAGE, content, ''), ...problemsOf(FIELD, field, 'kleenet.')];
  if (problems.length > 0) return invalid(`its package.json is invalid: ${problems.join('; ')}`);
  return { manifest: { ...v.parse(PACKAGE, content), ...v.parse(FIELD, field) } };
}

function problemsOf(schema: v.GenericSchema, value: unknown, prefix: string): readonly string[] {
  // Valibot treats an array as an object.
  const result = v.safeParse(schema, Array.isArray(value) ? undefined : value);
  if (result.success) return [];
  return result.issues.map((issue) => {
    const path = `${prefix}${v.getDotPath(issue) ?? ''}`.replace(/\.$/, '');
    return `${path === '' ? 'it' : path} ${messageOf(issue)}`;
  });
}

/** Valibot's own message, where the schema has none. */
function messageOf({ type, expected, message }: v.BaseIssue<unknown>): string {
  if (type === 'strict_object' && expected === 'never') return 'is unknown';
  if (type === 'strict_object' || type === 'object')
    return expected === 'Object' ? 'is not an object' : 'is missing';
  return message.startsWith('Invalid') ? `is invalid: ${message}` : message;
}

/** Extracts what is known of a package with an arbitrary manifest. */
function describe(
  content: Readonly<Record<string, unknown>> = {},
): Pick<InvalidManifest, 'name' | 'version' | 'drivers'> {
  const text = (schema: v.GenericSchema, value: unknown): string => {
    const result = v.safeParse(schema, value);
    return result.success && typeof result.output === 'string' ? result.output : '';
  };
  const declared = member(content['kleenet'], 'drivers');
  return {
    name: text(PACKAGE.entries.name, content['name']),
    version: text(PACKAGE.entries.version, content['version']),
    drivers: (Array.isArray(declared) ? declared : [])
      .map((driver) => text(DRIVER.entries.name, member(driver, 'name')))
      .filter((name) => name !== ''),
  };
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
