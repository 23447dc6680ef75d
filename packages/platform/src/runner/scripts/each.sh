#!/bin/sh
# klee-each [INPUT COUNT WORD…]…
# Runs commands one after the other, each with its standard input. After the output of each comes its exit status between
# two NULs, and then what it has said on standard error, with another NUL.
exec 3>&1
while [ "$#" -gt 0 ]; do
  input=$1 count=$2 number=0 words=
  shift 2
  while [ "$number" -lt "$count" ]; do
    number=$((number + 1))
    words="$words \"\${$number}\""
  done
  said=$(
    eval "$words" 2>&1 >&3 3>&- <<EOF
$input
EOF
  )
  printf '\000%s\000%s\000' "$?" "$said"
  shift "$count"
done
