/** Work that goes on beside other work until it is awaited. If the other work fails first, its own failure is passed over. */
export function begun<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
