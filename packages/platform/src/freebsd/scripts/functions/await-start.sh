# Waits until the command is in its jail, or has come and gone. Status 1: it never will; 2: it has not yet.
tries=0
until [ -s "$status" ] || alive; do
  if [ -s "$run/supervisor" ] && ! supervised && [ ! -s "$status" ]; then
    echo "klee: the supervisor of the command has ended early" >&2
    exit 1
  fi
  [ "$tries" -lt 200 ] || { echo "klee: the command does not begin" >&2; exit 2; }
  sleep 0.1
  tries=$((tries + 1))
done
