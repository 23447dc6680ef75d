#!/bin/sh
# klee-launch BUNDLE PRCTL SETITIMER SUPERVISOR…
# Starts the supervisor in a session of its own and waits until the command was started. This shell lets go of its
# own writing end once the supervisor has inherited it, so that the supervisor's death ends the waiting.
#
# The runtime need not stay where perl(1) can prepare that. PRCTL and SETITIMER are the numbers of these system calls, or 0. perl
# becomes cat(1), a child subreaper, which adopts the container and waits for no child; it ends with the supervisor, whose
# standard output it reads. The supervisor is told exit statuses by /proc, which takes CAP_SYS_PTRACE (number 19). Its timer
# outlives execve(2), and fires first when the shell is sure to have its trap.
bundle=$1 prctl=$2 setitimer=$3
shift 3
# shellcheck disable=SC2016
adopting='
  my ($prctl, $setitimer, @supervisor) = @ARGV;
  my ($is, $times) = (pack("i", 0), pack("l!4", 5, 0, 15, 0));
  open(my $status, "<", "/proc/self/status");
  my ($may) = join("", <$status>) =~ /^CapEff:\s*[0-9a-f]*([0-9a-f])[0-9a-f]{4}$/m;
  close($status);
  $SIG{CHLD} = "DEFAULT";
  if (hex($may) & 8
    and syscall($prctl + 0, 36, 1, 0, 0, 0) == 0
    and syscall($prctl + 0, 37, $is, 0, 0, 0) == 0 and unpack("i", $is) == 1) {
    my $child = open(STDIN, "-|") // die "cannot fork: $!\n";
    if ($child) {
      open(STDOUT, ">", "/dev/null");
      $ENV{LC_ALL} = "C";
      exec("busybox", "cat");
      exec("cat");
      die "cannot run cat: $!\n";
    }
    open(STDIN, "<", "/dev/null");
    syscall($setitimer + 0, 0, $times, 0);
    $ENV{KLEE_ADOPTS} = "yes";
  }
  exec(@supervisor);
  die "cannot run $supervisor[0]: $!\n"'
export KLEE_ADOPTS=
if [ "$prctl" != 0 ] && command -v perl >/dev/null; then set -- perl -e "$adopting" "$prctl" "$setitimer" "$@"; fi
exec 3<>"$bundle/life"
setsid "$@" </dev/null >"$bundle/supervisor.log" 2>&1 &
exec 4<"$bundle/life" 3>&-
read -r _ <&4 && exit 0
cat "$bundle/supervisor.log" "$bundle/runtime.log" >&2
exit 125
