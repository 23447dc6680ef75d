# `put_hosts FILE TEXT` replaces klee's part of a hosts file. In place, because containers have these very files mounted, and
# only if something changes, because a program of the container may be writing, too. It needs others.sh.
put_hosts() {
  rest=$(others "$1") || return
  [ -z "$rest" ] || set -- "$1" "$2$rest
"
  printf %s "$2" | cmp -s - "$1" || printf %s "$2" >"$1"
}
