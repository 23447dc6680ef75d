#!/bin/sh
# klee-relay
# Becomes the command that run_on_terminal has put into the environment: script(1) runs it on the terminal that it has made.
count=0
[ -z "$KLEE_SIZE" ] || stty rows "${KLEE_SIZE% *}" cols "${KLEE_SIZE#* }"
set --
while [ "$count" -lt "$KLEE_WORDS" ]; do
  count=$((count + 1))
  eval "set -- \"\$@\" \"\$KLEE_WORD_$count\""
done
exec "$@"
