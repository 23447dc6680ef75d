/**
 * What the model does beyond what was recorded on a real host. Everything else is held against the recordings in
 * `test/fixtures/freebsd-13.2.jsonl`; what is here is taken from manual pages, and named so that it can be found.
 */
export const ASSUMED = {
  /** In milliseconds: duplicate address detection of one probe (ip6.dad_count of inet6(4)) with its random delay. */
  duplicateDetection: 1500,
  /** In milliseconds: how long closed TCP connections hold a jail; recorded as between 55 and 60 seconds. */
  timeWait: 60_000,
} as const;
