/** Names that are the same in each visit, for what a host names by ids. Pure. */

/** Replaces the ids of objects by their names: those of networks and containers, and of the endpoints between. */
export function withNames(text: string, names: ReadonlyMap<string, string>): string {
  let said = text;
  for (const [id, name] of names) said = said.replaceAll(id, `‹${name}›`);
  return said.replaceAll(/\b[0-9a-f]{12}\b/g, '…');
}
