/**
 * What the model does beyond what was recorded on a real host. Everything else is held against the recordings in
 * `test/fixtures/freebsd-13.2.jsonl`; this is taken from manual pages, and stands here so that it can be found:
 *
 * - ifconfig(8) and route(8) have an option -j from 13.3 and 14.0 on. Nothing else of a release is modelled.
 * - `ifconfig X create …` for an X that is there carries out the other words on it; only `create` alone is refused.
 * - The prefix length of an IPv6 address cannot be changed while it is there.
 * - An IPv6 address of an interface that is neither loopback nor had IPv6 disabled is tentative at first (inet6(4)).
 * - An address of a broadcast interface that stands alone (/32) has one route, by lo0. With an address go the routes
 *   whose gateway was reached by it.
 * - What may be a port of a bridge, and its MTU: what if_bridge(4) and epair(4) say, where it was not tried.
 * - A network card: how it is shown, and that it cannot be destroyed.
 * - jail_set(2) sorts all addresses of a list but the first. A repeated parameter replaces the one before.
 * - `route get` for a network that the host is in; routes to single addresses.
 * - mount(8), umount(8): options, file system ids, what is busy. A jail keeps its root busy; -f does not ask.
 * - kldload(8), kldstat(8), kenv(1), sysctl(8) for what is not there or cannot be set.
 * - ps(1) and pkill(1) for jails that are not there; that init(8) always runs.
 * - pf.conf(5): lists, port operators, icmp types, labels and tags as pfctl(8) shows them; the names of few services.
 *   A table without a list keeps its addresses when rules are loaded; `-T add` makes a table that is not there.
 * - A flushed anchor that had tables keeps its name, as it was recorded, until rules are loaded into it.
 */
export const ASSUMED = {
  /** In milliseconds: duplicate address detection of one probe (ip6.dad_count of inet6(4)) with its random delay. */
  duplicateDetection: 1500,
  /** In milliseconds: how long closed TCP connections hold a jail; recorded as between 55 and 60 seconds. */
  timeWait: 60_000,
} as const;
