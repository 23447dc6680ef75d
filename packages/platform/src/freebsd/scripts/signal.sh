#!/bin/sh
# klee-signal PIDFILE SIGNAL
# Signals the process whose id is in a file.
[ -s "$1" ] && read -r pid <"$1" || exit 0
case $pid in '' | *[!0-9]*) exit 0 ;; esac
kill -s "$2" "$pid"
