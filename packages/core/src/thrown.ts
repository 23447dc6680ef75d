/** The reason of any thrown value, even of values whose members throw. */
export function reasonOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return typeof text === 'string' && text.trim() !== '' ? text : 'no reason was given';
  } catch {
    // The value is hostile; nothing more can be learnt from it.
    return 'the thrown value cannot be shown';
  }
}
