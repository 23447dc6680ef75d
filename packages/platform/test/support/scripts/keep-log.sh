#!/bin/sh
# klee-keep-log HALF LEAST COMMAND…
# Runs a command whose output goes into the log of this directory; says whether the writer is still there after that.
. ../../../src/container/scripts/functions/size.sh
. ../../../src/container/scripts/functions/keep-log.sh
half=$1 least=$2
shift 2
open_output output log "$half" "$least" || exit 9
"$@" >&5 5>&-
code=$?
close_output
kill -0 "$keeper" 2>/dev/null && echo 'the writer is still there'
exit "$code"
