/** Work that goes on side by side. */

/** Waits for all, also when one fails, so that nothing goes on behind the caller's back; then throws the first error. */
export async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
