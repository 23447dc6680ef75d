#!/bin/sh
# klee-inside SETTING=VALUE…
# Changes the network stack of the namespace that it runs in: first these settings below /proc/sys, as far as the kernel has
# them, then what standard input has for ip(8).
for setting; do
  file=/proc/sys/${setting%%=*}
  if [ -e "$file" ]; then printf '%s\n' "${setting#*=}" >"$file" || exit; fi
done
exec ip -batch -
