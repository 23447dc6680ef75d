/** Stored objects: JSON text in the database, frozen values in memory. */
import type { Claim, Container, Endpoint, Image, Network, Run } from '@kleenet/core';
import type { Row } from './database.ts';
import { damaged } from './sqlite-errors.ts';

type TypeName<V> = V extends string
  ? 'string'
  : V extends number
    ? 'number'
    : V extends boolean
      ? 'boolean'
      : V extends readonly unknown[]
        ? 'array'
        : 'object';

type RequiredKey<T> = keyof {
  [K in keyof T as Partial<Pick<T, K>> extends Pick<T, K> ? never : K]: K;
};

/** The required members of an object; the compiler checks that the list is complete. */
type Shape<T> = { readonly [K in RequiredKey<T>]: TypeName<T[K]> };

/** A kind of object. */
export interface Kind<T> {
  readonly table: string;
  /** The noun for messages. */
  readonly noun: string;
  readonly shape: Shape<T>;
}

export const NETWORK: Kind<Network> = {
  table: 'networks',
  noun: 'network',
  shape: {
    id: 'string',
    name: 'string',
    type: 'string',
    interface: 'string',
    state: 'string',
    pools: 'object',
    nat: 'boolean',
    icc: 'boolean',
    internal: 'boolean',
    labels: 'object',
    options: 'object',
    created: 'string',
  },
};

export const CONTAINER: Kind<Container> = {
  table: 'containers',
  noun: 'container',
  shape: {
    id: 'string',
    name: 'string',
    image: 'string',
    imageId: 'string',
    command: 'array',
    driver: 'string',
    stack: 'string',
    state: 'string',
    env: 'array',
    user: 'string',
    mounts: 'array',
    jailParameters: 'array',
    publishedPorts: 'array',
    restart: 'string',
    terminal: 'boolean',
    interactive: 'boolean',
    autoRemove: 'boolean',
    created: 'string',
  },
};

export const IMAGE: Kind<Image> = {
  table: 'images',
  noun: 'image',
  shape: {
    id: 'string',
    name: 'string',
    state: 'string',
    source: 'string',
    size: 'number',
    created: 'string',
  },
};

export const ENDPOINT: Kind<Endpoint> = {
  table: 'endpoints',
  noun: 'endpoint',
  shape: {
    id: 'string',
    networkId: 'string',
    containerId: 'string',
    driver: 'string',
    state: 'string',
    addresses: 'object',
    interface: 'string',
    gatewayPriority: 'number',
    order: 'number',
    options: 'object',
    created: 'string',
  },
};

export const RUN: Kind<Run> = {
  table: 'runs',
  noun: 'run',
  shape: {
    id: 'string',
    containerId: 'string',
    state: 'string',
    bootId: 'string',
    sandbox: 'object',
    started: 'string',
  },
};

export const CLAIM: Kind<Claim> = {
  table: 'claims',
  noun: 'claim',
  shape: { id: 'string', owner: 'object', resource: 'object', host: 'object', format: 'number' },
};

/** How many texts are remembered; a command on more objects than that reads them again. */
const REMEMBERED = 20_000;

/** The objects of the rows that this process has read: a command reads most of them several times, unchanged. */
const remembered = new Map<Pick<Kind<unknown>, 'table'>, Map<string, unknown>>();

/**
 * The object of a row. The same text is the same object, which is frozen.
 *
 * @throws KleenetError DATABASE_DAMAGED when it is not JSON or lacks a member
 */
export function decode<T>(kind: Kind<T>, { data }: Row, path: string): T {
  const text = String(data);
  const known = remembered.get(kind) ?? new Map<string, unknown>();
  const found = known.get(text);
  if (found !== undefined) return found as T;
  const value = parse(text);
  const problem = findMisfit(kind, value);
  if (problem !== undefined) throw damaged(path, `${article(kind.noun)} ${problem}`);
  if (known.size >= REMEMBERED) known.clear();
  freeze(value as object);
  known.set(text, value);
  remembered.set(kind, known);
  return value as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function findMisfit<T>({ shape }: Kind<T>, value: unknown): string | undefined {
  if (typeName(value) !== 'object') return 'is not a JSON object';
  const members = value as Readonly<Record<string, unknown>>;
  const wanted: Readonly<Record<string, string>> = shape;
  for (const name in wanted)
    if (typeName(members[name]) !== wanted[name]) return `has no valid ${name}`;
  return undefined;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** Most members are no objects, and there are many rows. */
function freeze(value: object): void {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) freeze(member as object);
  Object.freeze(value);
}
