# `keep_log LOG HALF LEAST` writes its standard input to the log until it ends. dd(1) writes
# what it has read at once, reads no more than it writes, and tells an end of input (the numbers of whole and of other
# blocks are 0) from everything else. What cannot be written, on a full disk, is read and dropped, so that the command goes
# on. A writer that is killed is replaced. It needs size.sh.
#
# `open_output FIFO LOG HALF LEAST` starts it in the background, with descriptor 5 for the command to write to. It is open
# for both directions: a command that has it gets no SIGPIPE, whatever becomes of the writer. `close_output` waits until all
# is written, but not for ever: a process elsewhere may have got hold of the descriptor.
write_log() {
  while :; do
    count=$((($2 - $(size "$1")) / 8192))
    if [ "$count" -lt "$3" ] && mv -f "$1" "$1.1"; then count=$(($2 / 8192)); fi
    { [ "$count" -ge "$3" ] && said=$(LC_ALL=C dd bs=8192 count="$count" 2>&1 >>"$1"); } ||
      said=$(LC_ALL=C dd bs=8192 count=16 2>&1 >/dev/null) || return
    case $said in '0+0 records in'*) return 0 ;; esac
  done
}
keep_log() {
  trap '' HUP INT QUIT TERM USR1 USR2 ALRM WINCH
  until (write_log "$@"); do sleep 1; done
}
open_output() {
  true >>"$2" && mkfifo -m 600 "$1" && exec 5<>"$1" && exec 6<"$1" && rm -f "$1" || return
  shift
  # A redirection of a function would keep copies of what it replaces, and with them the pipe open for ever.
  (
    exec <&6 >/dev/null 2>&1 3>&- 5>&- 6<&-
    keep_log "$@"
  ) &
  keeper=$!
  exec 6<&-
}
close_output() {
  exec 5>&-
  for pause in 0.01 0.02 0.05 0.1 0.2 0.5 1 1 1 1 1 1 1 1; do
    kill -0 "$keeper" 2>/dev/null || break
    sleep "$pause"
  done
}
