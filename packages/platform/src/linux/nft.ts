/** Typed wrapper around nft(8): atomic changes, and its JSON output. */
import { parseObject } from '@kleenet/core';
import type { CommandRunner } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import type { KleenetError } from '@kleenet/core/errors';

/** The table families with a table of klee. */
export type NftFamily = 'inet' | 'bridge';

/** A rule; only the fields that klee reads. */
interface NftRule {
  readonly chain: string;
  /** The kernel numbers the objects of a table. */
  readonly handle: number;
  readonly comment?: string;
}

/** A set or map with its elements as nft(8) writes them in JSON. */
interface NftSet {
  readonly name: string;
  readonly elem?: readonly unknown[];
}

/** One table as the kernel has it. */
export interface NftTable {
  /** Whether the kernel skips the whole table. */
  readonly dormant: boolean;
  readonly chains: readonly string[];
  readonly rules: readonly NftRule[];
  readonly sets: readonly NftSet[];
}

/** Applies all changes of a text atomically. @throws KleenetError PLATFORM_COMMAND_FAILED, TOOL_MISSING */
export async function nftLoad(
  commands: CommandRunner,
  text: string,
  signal?: AbortSignal,
): Promise<void> {
  await commands.change(['nft', '-f', '-'], {
    input: text,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Checks a text with the kernel without changing anything: returns its objection, if any. */
export async function nftRefusal(
  commands: CommandRunner,
  text: string,
): Promise<string | undefined> {
  const { status, stderr } = await commands.read(['nft', '-c', '-f', '-'], {
    input: text,
    accept: 'any',
  });
  return status === 0 ? undefined : firstLine(stderr);
}

/** Reads a table completely, or undefined if it does not exist. */
export async function nftTable(
  commands: CommandRunner,
  family: NftFamily,
  name: string,
): Promise<NftTable | undefined> {
  const listed = await listTable(commands, family, name);
  return listed === undefined ? undefined : parseTable(listed);
}

/** What nft(8) lists in JSON: each object is named by its kind. */
export type NftListing = readonly Readonly<Record<string, Readonly<Record<string, unknown>>>>[];

/** The whole table in nft(8)'s wording; nothing if it does not exist. */
export async function nftListing(
  commands: CommandRunner,
  family: NftFamily,
  name: string,
): Promise<NftListing> {
  const listed = await listTable(commands, family, name);
  return listed === undefined ? [] : parseListing(listed);
}

/** Both tables are looked at by many, and nothing waits until they change. */
async function listTable(
  commands: CommandRunner,
  family: NftFamily,
  name: string,
): Promise<string | undefined> {
  try {
    const argv = ['nft', '-j', 'list', 'table', family, name] as const;
    return (await commands.read(argv, { shared: true })).stdout;
  } catch (error) {
    if (hasCode(error, 'PLATFORM_COMMAND_FAILED') && saysMissing(error)) return undefined;
    throw error;
  }
}

/** What `nft -j list` prints. */
export function parseListing(json: string): NftListing {
  return parseTables<NftListing[number]>(json);
}

function parseTables<T>(json: string): readonly T[] {
  return parseObject<{ readonly nftables?: readonly T[] }>('nft', json).nftables ?? [];
}

/** What `nft -j list table` prints. */
function parseTable(json: string): NftTable {
  const nftables = parseTables<NftObject>(json);
  return {
    dormant: nftables.some(({ table }) => String(table?.flags ?? '').includes('dormant')),
    chains: nftables.flatMap(({ chain }) => (chain === undefined ? [] : [chain.name])),
    rules: nftables.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
    sets: nftables.flatMap(({ set, map }) => set ?? map ?? []),
  };
}

interface NftObject {
  readonly table?: { readonly flags?: string | readonly string[] };
  readonly chain?: { readonly name: string };
  readonly rule?: NftRule;
  readonly set?: NftSet;
  readonly map?: NftSet;
}

function saysMissing(error: KleenetError): boolean {
  const { stderr } = error.details;
  return typeof stderr === 'string' && stderr.includes('No such file or directory');
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? 'nft(8) gave no reason'
  );
}
