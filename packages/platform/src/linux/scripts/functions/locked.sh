# Two state directories may want the mark concurrently. It is written beside its place first, so that a reader finds it
# complete.
mkdir -p "${1%/*}" && exec 9>"$1.lock" && flock 9 || exit
found=$(cat -- "$1" 2>/dev/null)
