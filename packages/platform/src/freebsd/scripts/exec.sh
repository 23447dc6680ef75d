#!/bin/sh
# klee-exec PIDFILE TERMINAL COMMAND…
# Runs a further command on the caller's own streams.
trap : HUP INT QUIT TERM USR1 USR2 ALRM WINCH
pid=$1 terminal=$2
shift 2
(
  . ./functions/terminal.sh
  exec "$@"
)
code=$?
rm -f "$pid"
exit "$code"
