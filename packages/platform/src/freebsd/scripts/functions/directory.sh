# Makes a directory of a container, without following links of the container.
root=$1 path=$1 rest=$2/
shift 2
while [ -n "$rest" ]; do
  name=${rest%%/*} rest=${rest#*/}
  case $name in '' | .) continue ;; esac
  path=$path/$name
  inside=${path#"$root"}
  [ ! -L "$path" ] || { echo "klee: $inside in the container is a symbolic link" >&2; exit 1; }
  [ -d "$path" ] && continue
  [ ! -e "$path" ] || { echo "klee: $inside in the container is not a directory" >&2; exit 1; }
  mkdir -m 0755 "$path" || exit
done
[ "$path" != "$root" ] || { echo "klee: nothing is mounted at the root of a container" >&2; exit 1; }
