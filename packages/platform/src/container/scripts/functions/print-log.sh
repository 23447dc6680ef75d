# `print_log` prints the last `$lines` lines of the log `$log`. Both of its files are opened before the first is read, and it
# is looked whether they are still those that have the names; an open file keeps its number for itself. They need size.sh.
#
# `follow_log` prints what follows, from the open file to its end before the next one is opened. `going`, a function of the
# script, says whether more may come, and is asked before the last look. A log that others have cut begins anew.
number() {
  listed=$(ls -i "$1" 2>/dev/null)
  listed=${listed#"${listed%%[! ]*}"}
  echo "${listed%% *}"
}
open_log() {
  while :; do
    at=$(number "$log") before=$(number "$log.1")
    exec 5</dev/null 6</dev/null
    [ -z "$at" ] || command exec 5<"$log" || continue
    [ -z "$before" ] || command exec 6<"$log.1" || continue
    [ "$at $before" != "$(number "$log") $(number "$log.1")" ] || return 0
  done 2>/dev/null
}
print_log() {
  open_log
  had=$(size "$log")
  { cat <&6 && cat <&5; } | tail -n "$lines"
}
follow_log() {
  while :; do
    going && more=yes || more=
    has=$(size "$log")
    now=$(number "$log")
    if [ "$now" = "$at" ] && [ "$has" -lt "$had" ]; then exec 5<"$log"; fi
    had=$has
    cat <&5 || return
    if [ -n "$now" ] && [ "$now" != "$at" ]; then
      # What is written to a file that is put aside right now comes with the second look.
      last=$at
      open_log
      [ -z "$last" ] || [ "$before" = "$last" ] || cat <&6 || return
      cat <&5 || return
      had=0
    fi
    [ -n "$more" ] || return 0
    sleep 0.3
  done
}
