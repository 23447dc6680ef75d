#!/bin/sh
# klee-hosts-inside
# Replaces klee's part of the hosts file in the jail by standard input. Lines of the jail's programs stay.
. ../../container/scripts/functions/others.sh
text=$(cat; echo .)
text=${text%.}
rest=$(others /etc/hosts)
[ -z "$rest" ] || text="$text$rest
"
printf %s "$text" >/etc/hosts
