#!/bin/sh
# klee-exec LOG RELAY SIZE COMMAND…
# Runs a further command. What the runtime logs stays only when the runtime may have failed, which status 125 tells.
# A command that itself ends with these statuses is told apart by the log.
. ./functions/terminal.sh
trap : HUP INT QUIT TERM USR1 USR2 ALRM WINCH
log=$1 own=$2 window=$3
shift 3
run_on_terminal "$own" "$window" "$log.terminal" "$@"
code=$?
rm -f "$log.process"
case $code in
  1 | 126 | 127 | 255) [ -s "$log" ] && exit 125 ;;
esac
rm -f "$log"
exit "$code"
