#!/bin/sh
# klee-supervise MODE RUN STATUS JAIL LOG HALF LEAST TERMINAL COUNT [REAP…] COMMAND…
# Runs the command, records how it ended, and reaps the run unless another klee process does. Caught signals are reset in the
# command, which gets them in its jail; the shell only outlives them. A detached command that ends well while others
# in its jail go on has started services, and the run goes on with them. The shell keeps to itself that a signal ended
# the command: its standard error is the container's log.
# Only the supervisor knows that the run is over. Processes in the jail do not tell: other klee processes enter it for a
# moment, to write its hosts file or to configure its interfaces.
# The log is complete before the supervisor says that the run is over; and before it writes the status down, where nothing
# else of the jail may go on writing.
. ../../container/scripts/functions/size.sh
. ../../container/scripts/functions/keep-log.sh
trap : HUP INT QUIT TERM USR1 USR2 ALRM WINCH
mode=$1 run=$2 status=$3 jail=$4 log=$5 half=$6 least=$7
shift 7
terminal=$1 count=$2
shift 2
. ./functions/alive.sh
cd /
echo $$ >"$run/supervisor" || exit 125
keeper=
if [ "$mode" = detached ]; then
  open_output "$run/output" "$log" "$half" "$least" && exec </dev/null >&5 2>&1 || exit 125
fi
mkdir "$run/started" 2>/dev/null || exit 125
exec 3>&2 2>/dev/null
(
  exec 2>&3 3>&- 5>&-
  shift "$count"
  . ./functions/terminal.sh
  exec "$@"
)
code=$?
exec 3>&-
[ -z "$keeper" ] || { exec >/dev/null 5>&-; alive || close_output; }
echo "$code" >"$status"
if [ "$mode" = detached ] && [ "$code" = 0 ]; then
  while alive; do sleep 1; done
fi
if [ -e "$run/handled" ] || [ ! -d "$run" ]; then
  [ -z "$keeper" ] || close_output
  exit "$code"
fi
tries=0
while alive && [ "$tries" -lt 50 ]; do
  pkill -KILL -j "$jail" 2>/dev/null
  sleep 0.1
  tries=$((tries + 1))
done
[ -z "$keeper" ] || close_output
echo >"$run/over"
if [ "$mode" = foreground ]; then
  case " $(ps -p $$ -o ppid= 2>/dev/null) " in *" $PPID "*) exit "$code" ;; esac
fi
rest=$(($# - count))
while [ "$count" -gt 0 ]; do
  set -- "$@" "$1"
  shift
  count=$((count - 1))
done
shift "$rest"
[ $# -gt 0 ] || exit "$code"
exec "$@" </dev/null >/dev/null 2>&1
