#!/bin/sh
# klee-await RUN STATUS JAIL
# Waits until a foreground run has begun, or is over; fails when it cannot begin any more. In a dry run there is no run to
# wait for.
run=$1 status=$2 jail=$3
[ -d "$run" ] || exit 1
. ./functions/alive.sh
. ./functions/await-start.sh
