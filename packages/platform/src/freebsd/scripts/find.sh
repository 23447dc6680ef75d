#!/bin/sh
# klee-find PROGRAM
# Looks for a program like execvp(3), and reports like a shell by exit status: 126 or 127.
found=127
try() {
  [ -e "$1" ] || return 0
  found=126
  [ -d "$1" ] || [ ! -x "$1" ] || exit 0
}
case $1 in
  */*) try "$1" ;;
  *)
    IFS=:
    set -f
    for directory in $PATH; do try "${directory:-.}/$1"; done
    ;;
esac
exit "$found"
