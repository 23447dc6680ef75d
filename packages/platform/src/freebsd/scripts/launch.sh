#!/bin/sh
# klee-launch RUN STATUS JAIL SUPERVISOR…
# Starts the supervisor in a session of its own, and waits until the command has begun.
run=$1 status=$2 jail=$3
shift 3
. ./functions/alive.sh
daemon -f "$@" || exit
. ./functions/await-start.sh
