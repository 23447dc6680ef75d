# Makes a terminal with script(1), where the host has it.
if [ "$terminal" = terminal ]; then
  if command -v script >/dev/null; then
    set -- script -q /dev/null "$@"
  else
    echo 'klee: there is no script(1) on this host: the command gets no terminal' >&2
  fi
fi
