# `adopt COMMAND…` runs a command that starts the container and ends, and waits for the end of the container's first process.
# It sets `code` to the exit status: to nothing if there is no container, or its status is lost. It needs keep-log.sh.
#
# launch.sh has made the parent of this shell a child subreaper (prctl(2)): the kernel makes it the parent of that process. It
# waits for no child. So one that has ended stays, and /proc/PID/stat has its status. All programs of a container end with its
# first process, and with them its output. But a program may close its output, or hand it to a process elsewhere. So this
# shell looks again whenever its timer interrupts wait(1), and every second once the output has ended.
#
# `is_over PID` succeeds when a process has ended, and sets `ended` to how, as wait(2) would. A first thread that has ended
# looks the same while others go on. A process that began at another time has only the same number.
is_over() {
  ended=
  read -r stat 2>/dev/null <"/proc/$1/stat" || { [ ! -e "/proc/$1" ]; return; }
  # The name of a process, in parentheses, may have spaces and parentheses of its own.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [ "${20}" = "${born:=${20}}" ] || return 0
  [ "$1" = Z ] && [ "${18}" -le 1 ] && ended=${50}
}
keep_output() {
  (
    exec <&6 >/dev/null 2>&1 3>&- 5>&- 6<&- 8>&-
    trap '' HUP INT QUIT TERM USR1 USR2 ALRM WINCH
    write_log "$log" "$half" "$least"
  ) &
  keeper=$!
}
await_output() {
  wait "$keeper"
  kept=$?
  # Interrupted: the writer goes on.
  kill -0 "$keeper" 2>/dev/null && return
  keeper=
  [ "$kept" = 0 ] || { sleep 1; keep_output; }
}
await_process() {
  set -- 0.01 0.02 0.05 0.1 0.2 0.5 1
  until is_over "$pid"; do
    if [ -n "$keeper" ]; then
      await_output
    else
      sleep "$1"
      [ $# = 1 ] || shift
    fi
  done
}
adopt() {
  code='' born=''
  true >>"$log" && mkfifo -m 600 "$bundle/output" || return
  exec 7<>"$bundle/output" && exec 5>"$bundle/output" && exec 6<"$bundle/output" 7>&- &&
    rm -f "$bundle/output" || return
  keep_output
  "$@" >&5 2>&1 5>&- 6<&- 8>&-
  started=$?
  exec 5>&-
  if [ "$started" = 0 ]; then
    read -r pid 2>/dev/null <"$bundle/pid"
    await_process
    [ -z "$ended" ] || code=$((ended & 127 ? (ended & 127) + 128 : ended >> 8))
  fi
  [ -z "$keeper" ] || close_output
}
