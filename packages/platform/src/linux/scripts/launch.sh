#!/bin/sh
# klee-launch BUNDLE SUPERVISOR…
# Starts the supervisor in a session of its own and waits until the command was started. This shell lets go of its
# own writing end once the supervisor has inherited it, so that the supervisor's death ends the waiting.
bundle=$1
shift
exec 3<>"$bundle/life"
setsid "$@" </dev/null >"$bundle/supervisor.log" 2>&1 &
exec 4<"$bundle/life" 3>&-
read -r _ <&4 && exit 0
cat "$bundle/supervisor.log" "$bundle/runtime.log" >&2
exit 125
