# Whether a process of the jail is there; and whether the supervisor is, and not another process of its number. The
# supervisor is known by the mark at the beginning of its command line, the name of the run's directory.
alive() { [ -n "$(ps -J "$jail" -o pid= 2>/dev/null)" ]; }
supervised() {
  pid=
  [ ! -s "$run/supervisor" ] || read -r pid <"$run/supervisor"
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  case $(ps -ww -p "$pid" -o args= 2>/dev/null) in
    *" klee-supervise ${run##*/} "*) return 0 ;;
  esac
  return 1
}
