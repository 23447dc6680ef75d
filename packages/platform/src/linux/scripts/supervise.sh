#!/bin/sh
# klee-supervise MODE RUNTIME STATE BUNDLE STATUS ID RELAY SIZE LOG HALF LEAST [REAP…]
# Runs the command, records how it ended, and reaps the run unless another klee process does. `$PPID` stays what it was
# when the shell started, while the fourth field of /proc/PID/stat changes when that parent dies (proc(5)).
# Caught signals are reset in the runtime, which passes them on to the command; the shell only outlives them. A status is
# written down when all that a detached command has written is in its log.
# Where launch.sh has prepared it, the runtime ends once a detached command has begun, and is told to forget it in the end. What
# reaps is a process of its own then, because this one has a timer, which would outlive execve(2).
. ./functions/terminal.sh
. ./functions/adopt.sh
. ../../container/scripts/functions/size.sh
. ../../container/scripts/functions/keep-log.sh
trap : HUP INT QUIT TERM USR1 USR2 ALRM WINCH
mode=$1 runtime=$2 state=$3 bundle=$4 status=$5 id=$6 own=$7 window=$8
shift 8
log=$1 half=$2 least=$3 adopts=$KLEE_ADOPTS
shift 3
unset KLEE_ADOPTS
exec 3<>"$bundle/life"
[ -e "$bundle/handled" ] && exit 125
rm -f "${bundle%/*}"/run-*.status
run() {
  "$@" "$runtime" --root "$state" --log "$bundle/runtime.log" \
    run ${detach:+--detach} --pid-file "$bundle/pid" --bundle "$bundle" "$id"
}
run_attached() {
  run run_on_terminal "$own" "$window" "$bundle/terminal"
  code=$?
}
detach=
if [ "$mode" = foreground ]; then
  run_attached
elif [ -n "$adopts" ]; then
  exec 8>&1 >&2
  detach=yes
  run adopt
else
  open_output "$bundle/output" "$log" "$half" "$least" || exit 125
  run_attached >&5 2>&1 5>&-
  close_output
fi
[ -e "$bundle/pid" ] || exit 125
[ -z "$code" ] || { printf '%s\n' "$code" >"$status.new" && mv "$status.new" "$status"; }
[ -z "$detach" ] || "$runtime" --root "$state" delete "$id"
exec 3>&- 8>&-
[ -e "$bundle/handled" ] && exit "${code:-125}"
if [ "$mode" = foreground ]; then
  read -r _ _ _ parent _ </proc/$$/stat
  [ "$parent" = "$PPID" ] && exit "$code"
fi
[ -n "$adopts" ] || exec "$@" </dev/null >/dev/null 2>&1
"$@" </dev/null >/dev/null 2>&1
