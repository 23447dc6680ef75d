#!/bin/sh
# klee-end RUNTIME STATE BUNDLE ID CGROUP SIGNAL GRACE
# Ends a command: the signal, the grace, then KILL, until neither the supervisor nor the runtime is left, also when
# they are only about to start it; then takes away what a half-made container leaves. The first opening of `life`
# for both directions does not block, and lets the second one not block either. A disk may have no inode for `handled`:
# then the supervisor reaps, too, and finds that it is done. An error of the special builtin `:` would end the shell.
# The runtime is asked only about what it has a directory of: runc and crun keep one for each container in STATE.
# A supervisor that was killed holds `life` no longer, and leaves no status; then the runtime is asked until the grace is over.
runtime=$1 state=$2 bundle=$3 id=$4 cgroup=$5 signal=$6 grace=$7
[ -d "$bundle" ] && true >"$bundle/handled"
ended() {
  [ -p "$bundle/life" ] || return 0
  (
    exec 4<>"$bundle/life"
    exec 5<"$bundle/life" 4>&-
    timeout "$1" cat <&5 >/dev/null
  )
}
is_known() { [ -e "$state/$id" ]; }
send() { is_known && "$runtime" --root "$state" kill "$id" "$1" 2>/dev/null; }
each_group() {
  for group in "/sys/fs/cgroup$cgroup" /sys/fs/cgroup/*"$cgroup"; do
    [ ! -d "$group" ] || "$1" || return
  done
}
kill_group() {
  [ ! -e "$group/cgroup.procs" ] ||
    while read -r pid; do kill -s KILL "$pid" 2>/dev/null; done <"$group/cgroup.procs"
  return 0
}
remove_group() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill_group
    rmdir "$group" 2>/dev/null && return
    [ -d "$group" ] || return 0
    sleep 0.1
  done
  echo "cannot remove the control group $group" >&2
  return 1
}
is_over() { [ -e "$bundle.status" ]; }
await_end() {
  # shellcheck disable=SC2016
  is_over || timeout "$1" sh -c 'while "$@" 2>/dev/null; do sleep 0.1; done' \
    klee-grace "$runtime" --root "$state" kill "$id" 0
}
if [ -n "$signal" ] && send "$signal" && ended "$grace"; then await_end "$grace"; fi
tries=0
until is_over || send KILL; ended 0.5; do
  tries=$((tries + 1))
  [ "$tries" -lt 40 ] || { echo "the supervisor in $bundle does not end" >&2; exit 1; }
  each_group kill_group
done
! is_known || "$runtime" --root "$state" delete --force "$id" || exit
each_group remove_group
