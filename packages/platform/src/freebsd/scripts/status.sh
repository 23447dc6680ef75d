#!/bin/sh
# klee-status RUN STATUS JAIL
# Prints the exit status of the command. Waits for a supervisor that is about to record it.
run=$1 status=$2 jail=$3
. ./functions/alive.sh
tries=0
while [ ! -s "$status" ] && [ "$tries" -lt 20 ] && supervised && ! alive; do
  sleep 0.1
  tries=$((tries + 1))
done
[ -f "$status" ] || exit 1
cat "$status"
