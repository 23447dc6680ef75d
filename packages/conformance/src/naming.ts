/** Runs a check; its failure says what was tried. */
export async function naming(what: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${what}: ${reason}`, { cause });
  }
}
