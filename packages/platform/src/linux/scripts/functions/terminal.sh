# `run_on_terminal RELAY SIZE FIFO COMMAND…` runs a command; where RELAY, the text of relay.sh, is not empty, on a terminal
# that script(1) makes. That takes one text for a shell, so the words go by its environment, where no shell parses them, and
# the text is the same for all. Its standard input is a FIFO that never ends: at an end of input it would type Ctrl-D.
run_on_terminal() {
  relay=$1 size=$2 fifo=$3
  shift 3
  [ -n "$relay" ] || { "$@"; return; }
  mkfifo "$fifo" || return 125
  (
    count=0
    for word; do
      count=$((count + 1))
      export "KLEE_WORD_$count=$word"
    done
    export KLEE_WORDS="$count" KLEE_SIZE="$size" SHELL=/bin/sh
    exec script -qefc "$relay" /dev/null 0<>"$fifo"
  )
  set -- "$?"
  rm -f "$fifo"
  return "$1"
}
