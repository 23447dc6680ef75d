#!/bin/sh
# klee-each [INPUT COUNT WORD…]…
# Runs commands one after the other, each with its standard input. After the output of each comes its exit status between
# two NULs. What they say of errors is not kept: one that fails is run again by itself.
while [ "$#" -gt 0 ]; do
  input=$1 count=$2 number=0 words=
  shift 2
  while [ "$number" -lt "$count" ]; do
    number=$((number + 1))
    words="$words \"\${$number}\""
  done
  eval "$words" 2>/dev/null <<EOF
$input
EOF
  printf '\000%s\000' "$?"
  shift "$count"
done
