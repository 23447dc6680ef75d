/** What went wrong, of whatever was thrown: also of values that throw when somebody looks at them. */
export function reasonOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return typeof text === 'string' && text.trim() !== '' ? text : 'no reason was given';
  } catch {
    // The value is hostile; there is no more to learn from it.
    return 'the thrown value cannot be shown';
  }
}
