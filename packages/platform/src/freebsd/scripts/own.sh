#!/bin/sh
# klee-own MARK DIRECTORY SEEN
# Takes the mark of the firewall. Two state directories may want it concurrently. A link is only made where none exists; the
# seen one is moved away first, and put back if it differs by then. Prints the owner if the mark was not taken.
mkdir -p "${1%/*}" && printf %s "$2" >"$1.$$" || exit
if [ -n "$3" ] && mv "$1" "$1.$$.old" 2>/dev/null; then
  [ "$(cat "$1.$$.old")" = "$3" ] || ln "$1.$$.old" "$1"
  rm -f "$1.$$.old"
fi
ln "$1.$$" "$1" 2>/dev/null
rm -f "$1.$$"
found=$(cat "$1") || exit
[ "$found" = "$2" ] || printf %s "$found"
