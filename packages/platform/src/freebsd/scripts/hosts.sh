#!/bin/sh
# klee-hosts INSIDE [FILE JAIL]…
# Writes its standard input into hosts files: where klee keeps them, and in running jails by the text INSIDE, where a link
# of the container misleads only the container. One that makes the writer wait is given up after some seconds, and the
# others do not wait for it. A file whose container has just been removed is passed over, and so is a jail that is not
# there (jls(8) tells it from one that cannot be written into) or that is being ended: its writer is killed, too.
inside=$1
shift
text=$(cat; echo .)
text=${text%.}
deliver() {
  printf %s "$text" | jexec "$1" /bin/sh -c "$inside" klee-hosts-inside >/dev/null 2>&1 &
  writer=$!
  { sleep 5; kill -ALRM "$writer"; sleep 1; kill -KILL "$writer"; } >/dev/null 2>&1 &
  timer=$!
  wait "$writer"
  code=$?
  kill "$timer" 2>/dev/null
  [ "$code" = 0 ] || [ "$code" = 137 ] || ! jls -j "$1" name >/dev/null 2>&1 || echo "klee: cannot write /etc/hosts in jail $1" >&2
}
while [ $# -gt 0 ]; do
  [ ! -e "$1" ] || printf %s "$text" >"$1"
  deliver "$2" &
  shift 2
done
wait
