#!/bin/sh
# klee-runtime --root DIRECTORY [--log FILE] COMMAND [OPTION…]
# Stands in for an OCI runtime. A container is a file in DIRECTORY with the id of its process. What it runs is a
# script in the bundle; the hook is one, too. A file `fails` or `hangs` in the bundle says what becomes of creating it.
log=/dev/null pidfile=/dev/null bundle='' command='' detach=''
while [ $# -gt 0 ]; do
  case $1 in
    --root) known=$2 && mkdir -p "$known" && shift ;;
    --log) log=$2 && shift ;;
    --pid-file) pidfile=$2 && shift ;;
    --bundle) bundle=$2 && shift ;;
    --force) ;;
    --detach) detach=yes ;;
    *)
      [ -n "$command" ] && break
      command=$1
      ;;
  esac
  shift
done
fail() {
  echo "level=error msg=\"$1\"" >"$log"
  exit 1
}
run() {
  echo "$PPID" >"$bundle/parent"
  [ ! -e "$bundle/fails" ] || fail 'no such rootfs'
  if [ -e "$bundle/hangs" ]; then
    echo $$ >"$bundle/hanging"
    exec sleep 600
  fi
  exec 4<&0
  if [ -n "$detach" ]; then
    # A shell would take the status of its own child.
    (
      setsid sh "$bundle/command" <&4 3>&- 4<&- &
      printf %s $! >"$pidfile"
    )
    exec 4<&-
    cat "$pidfile" >"$known/$1"
    sh "$bundle/hook" <"$bundle/config.json"
    exit 0
  fi
  setsid sh "$bundle/command" <&4 3>&- 4<&- &
  exec 4<&-
  echo $! >"$known/$1"
  printf %s $! >"$pidfile"
  sh "$bundle/hook" <"$bundle/config.json"
  wait $!
  code=$?
  rm -f "$known/$1"
  exit "$code"
}
case $command in
  run) run "$1" ;;
  kill) kill -s "$2" -- "-$(cat "$known/$1")" ;;
  delete)
    [ ! -e "$known/$1" ] || kill -s KILL -- "-$(cat "$known/$1")" 2>/dev/null
    rm -f "$known/$1"
    ;;
  exec)
    shift
    [ "$1" != missing ] || fail 'exec: missing: executable file not found'
    exec "$@"
    ;;
esac
