#!/bin/sh
# klee-follow LOG LINES STATUS BUNDLE PIDFILE
# Prints the log of a container as long as the run goes on. The supervisor writes the status down when all is in the log. One
# that was killed does not; then the end of the container's first process counts, and what it has left in the pipe is in the
# log a moment later.
. ../../container/scripts/functions/size.sh
. ../../container/scripts/functions/print-log.sh
log=$1 lines=$2 status=$3 bundle=$4 pidfile=$5 late=0
going() {
  [ ! -e "$status" ] && [ -d "$bundle" ] || return
  # The runtime ends no line there, so that read(1) finds a number and fails.
  pid=
  read -r pid 2>/dev/null <"$pidfile"
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || late=$((late + 1))
  [ "$late" -lt 10 ]
}
print_log && follow_log
