#!/bin/sh
# klee-follow LOG LINES JAIL RUN
# Prints the log of a container as long as the run goes on. It is over when its supervisor says so, who has seen to it that
# all is in the log by then. One that was killed does not say it; then the last process of the jail counts.
. ../../container/scripts/functions/size.sh
. ../../container/scripts/functions/print-log.sh
log=$1 lines=$2 jail=$3 run=$4 late=0
going() {
  [ ! -e "$run/over" ] || return
  [ -n "$(ps -J "$jail" -o pid= 2>/dev/null)" ] || late=$((late + 1))
  [ "$late" -lt 4 ]
}
print_log && follow_log
