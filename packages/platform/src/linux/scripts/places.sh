#!/bin/sh
# klee-places ROOT
# Makes the places of /dev, /proc and /sys, which must be directories of the container's own: the runtime makes links
# and removes files below /dev by paths, so that a link would take it to the host's. Other links it follows as the
# container would, and so does `resolve`, one part of a path after the other. The runtime reads passwd and group of
# every container, and would wait for a FIFO. An image may have put anything there, and so may a container while it
# ran; nothing runs in it now.
root=$1
refuse() { echo "klee: $1 in the container is $2" >&2; exit 1; }
resolve() {
  rest=$1/ at='' links=0
  while [ -n "$rest" ]; do
    name=${rest%%/*} rest=${rest#*/}
    case $name in
      '' | .) continue ;;
      ..) at=${at%/*}; continue ;;
    esac
    if [ -L "$root$at/$name" ]; then
      links=$((links + 1))
      [ "$links" -le 40 ] || return
      target=$(readlink "$root$at/$name" && echo .) || return
      rest=${target%??}/$rest
      case $target in /*) at= ;; esac
    else
      at=$at/$name
    fi
  done
  found=$root$at
}
for name in dev proc sys; do
  path=$root/$name
  if [ -L "$path" ]; then refuse "/$name" 'a symbolic link'
  elif [ -d "$path" ]; then continue
  elif [ -e "$path" ]; then refuse "/$name" 'not a directory'
  else mkdir -m 0755 "$path" || exit
  fi
done
for file in passwd group hosts resolv.conf; do
  resolve "etc/$file" || refuse "/etc/$file" 'a link that leads nowhere'
  [ -e "$found" ] || continue
  [ ! -d "$found" ] || refuse "/etc/$file" 'a directory'
  case $file in hosts | resolv.conf) continue ;; esac
  [ -f "$found" ] || refuse "/etc/$file" 'not a file'
  [ "$(stat -c %s "$found")" -le 4194304 ] || refuse "/etc/$file" 'longer than 4 MiB'
done
