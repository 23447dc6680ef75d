#!/bin/sh
# klee-in-order [COUNT WORD…]…
# Runs commands one after the other, up to the first that fails. Says which, after what that says itself.
step=0
while [ "$#" -gt 0 ]; do
  count=$1 number=0 step=$((step + 1)) words=
  shift
  while [ "$number" -lt "$count" ]; do
    number=$((number + 1))
    words="$words \"\${$number}\""
  done
  eval "$words" || {
    status=$?
    echo "klee: step $step" >&2
    exit "$status"
  }
  shift "$count"
done
