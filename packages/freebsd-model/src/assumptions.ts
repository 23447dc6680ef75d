/**
 * What the model does beyond what was recorded on real hosts. Everything else is held against the recordings in
 * `test/fixtures`, of FreeBSD 13.2 and 15.1; this is taken from manual pages, and stands here so that it can be found:
 *
 * - Releases between the two recorded ones: ifconfig(8) and route(8) have an option -j from 13.3 and 14.0 on, and all else
 *   is as on 13.2 up to 14, and as on 15.1 from 15 on.
 * - `ifconfig X create …` for an X that is there is refused when X is the name of an epair without its letter.
 * - An IPv6 address of an interface that is neither loopback nor had IPv6 disabled is tentative at first (inet6(4)).
 * - What may be a port of a bridge, and its MTU: what if_bridge(4) and epair(4) say, where it was not tried. Where FreeBSD
 *   15.1 says that its source refuses a port, for errors that were not recorded.
 * - A network card: how it is shown, and that it cannot be destroyed.
 * - A repeated parameter of jail(8) that is not a list replaces the one before.
 * - `route change` of a route that is not there, and by a gateway that cannot be reached.
 * - `route get` for a network that the host is in; routes to single addresses. The width of netstat(1)'s columns for long
 *   names.
 * - Routing tables beside the first were recorded on 13.2 only. The routes of interfaces that a new table gets when net.fibs grows are
 *   left out, and net.add_addr_allfibs is 0.
 * - mount(8), umount(8): options, and what is busy. A jail keeps its root busy; -f does not ask. That a module of a file
 *   system cannot be had.
 * - kldload(8), kldunload(8), kldstat(8), kenv(1), sysctl(8) for what is not there or cannot be set.
 * - That init(8) always runs, and that processes of a jail wait for something.
 * - pf.conf(5): lists, port operators, icmp types, labels and tags as pfctl(8) shows them, where they were not recorded; the
 *   names of few services. pf never answers that it is busy, though it often does when several load at once.
 * - An interface that is skipped with its group, and is then skipped by its own name, was recorded to lose the mark; here it
 *   keeps it.
 * - Sockets that wait for packets, other than those that a test says, and those that a jail keeps at an address which it has
 *   lost. `sockstat -46lw -j 0` was tried on 13.2 only.
 * - Where packets go (src/packets): as ip(4), if_bridge(4) and pf.conf(5) say, at once. Connections that last, ARP and its
 *   caches, other sockets, counters, users other than root, and what is in /dev: the model has none of them.
 */
export const ASSUMED = {
  /** In milliseconds: duplicate address detection of one probe (ip6.dad_count of inet6(4)) with its random delay. */
  duplicateDetection: 1500,
  /** In milliseconds: how long closed TCP connections hold a jail; recorded as between 55 and 60 seconds. */
  timeWait: 60_000,
} as const;
