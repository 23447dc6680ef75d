#!/bin/sh
# klee-exec-detached LOG COMMAND…
# Runs a further command without any stream of ours, printing what the runtime said when it failed.
log=$1
shift
"$@" </dev/null >/dev/null 2>&1
code=$?
[ "$code" = 0 ] || cat "$log" >&2
rm -f "$log"
exit "$code"
