#!/bin/sh
# klee-end RUN STATUS JAIL SIGNAL GRACE
# Ends what runs in a jail: the signal, the grace, then KILL, until neither a process of the jail nor the supervisor is
# left, also when it was only about to begin. What makes new processes faster than it is killed is stopped first. The
# timer of the grace is a process: waiting for it needs no clock.
run=$1 jail=$3 signal=$4 grace=$5
. ./functions/alive.sh
if [ -d "$run" ]; then
  : >"$run/handled"
  mkdir "$run/started" 2>/dev/null
fi
if [ -n "$signal" ] && alive; then
  pkill "-$signal" -j "$jail" 2>/dev/null
  sleep "$grace" >/dev/null 2>&1 &
  timer=$!
  while alive && kill -0 "$timer" 2>/dev/null; do sleep 0.1; done
  kill "$timer" 2>/dev/null
fi
tries=0
while alive || supervised; do
  [ "$tries" -lt 200 ] || { echo "klee: the processes of jail $jail do not end" >&2; exit 1; }
  [ "$tries" -lt 10 ] || pkill -STOP -j "$jail" 2>/dev/null
  pkill -KILL -j "$jail" 2>/dev/null
  sleep 0.1
  tries=$((tries + 1))
done
exit 0
