#!/bin/sh
# klee-flows PORTS [FILTER…]
# Prints, once each, the protocol, the original address and port, and the source of replies. A busy host tracks a million
# connections, so klee does not read them itself. PORTS are PROTOCOL:FIRST:LAST each; conntrack(8) takes the words of FILTER.
ports=$1
shift
for family in ipv4 ipv6; do
  conntrack -L -f "$family" "$@" || echo failed
done | awk -v ports="$ports" '
  BEGIN { count = split(ports, port, " ") }
  $1 == "failed" { failed = 1; exit }
  $1 != "tcp" && $1 != "udp" { next }
  {
    to = at = by = ""; sources = 0
    for (i = 2; i <= NF; i++) {
      if ($i ~ /^src=/) { if (++sources == 2) by = substr($i, 5) }
      else if (to == "" && $i ~ /^dst=/) to = substr($i, 5)
      else if (at == "" && $i ~ /^dport=/) at = substr($i, 7)
    }
    for (i = 1; i <= count; i++) {
      split(port[i], range, ":")
      group = $1 " " to " " at " " by
      if (range[1] == $1 && at + 0 >= range[2] + 0 && at + 0 <= range[3] + 0 && !(group in seen)) {
        seen[group] = 1
        print group
      }
    }
  }
  END { exit failed }'
