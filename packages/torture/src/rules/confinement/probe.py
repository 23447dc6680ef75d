"""Tries, in a container, what must be refused and what must work, and prints what came of each try as JSON.

usage: probe.py ORDER

ORDER is JSON: the system calls to try by number, the paths to look at, and what namespaces the host has.
"""
import ctypes
import errno
import json
import mmap
import os
import socket
import stat
import struct
import sys

order = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
BAD = 1  # An address that no process has.
results = {}


def named(number):
    return errno.errorcode.get(number, str(number))


def attempt(action):
    try:
        said = action()
        return "ok" if said is None else str(said)
    except OSError as error:
        return named(error.errno)
    except Exception as error:
        return type(error).__name__


def apart(action):
    """In a process of its own, which it may end or make useless."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(here)
        os.write(there, attempt(action).encode())
        os._exit(0)
    os.close(there)
    said = os.read(here, 4096).decode()
    os.close(here)
    _, status = os.waitpid(child, 0)
    return f"killed {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else said


def ok_or_raise(value):
    if value == -1:
        raise OSError(ctypes.get_errno(), "")


def call(number, *words):
    ok_or_raise(libc.syscall(ctypes.c_long(number), *[ctypes.c_long(word) for word in words]))


def call32(number, *words):
    """As a 32-bit program calls the kernel (int 0x80)."""
    b, c, d = (*words, 0, 0, 0)[:3]
    code = b"\x53" + b"\xb8" + struct.pack("<I", number) + b"\xbb" + struct.pack("<I", b)
    code += b"\xb9" + struct.pack("<I", c) + b"\xba" + struct.pack("<I", d) + b"\xcd\x80\x5b\xc3"
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    value = function()
    if -4096 < value < 0:
        raise OSError(-value, "")


def clone(flag):
    child = libc.syscall(ctypes.c_long(56), *[ctypes.c_long(word) for word in (flag | 17, 0, 0, 0, 0)])
    if child == 0:
        os._exit(0)
    ok_or_raise(child)
    os.waitpid(child, 0)


def system_calls():
    # Without them the kernel ends a process that makes one of their calls.
    results["32-bit programs"] = apart(lambda: call32(20))
    for name, [number, *words] in order["calls"].items():
        results[f"call {name}"] = apart(lambda: call(number, *words))
    for name, [number, *words] in order["calls32"].items():
        results[f"32-bit call {name}"] = apart(lambda: call32(number, *words))
    results["call of x32"] = apart(lambda: call(0x40000000 | 39))
    for flag in order["flags"]:
        results[f"clone {flag:#x}"] = apart(lambda: clone(flag))
    for family in order["families"]:
        # The kernel refuses this type with EINVAL, whether it has the family or not.
        results[f"socket {family}"] = attempt(lambda: call(41, family, 15, 0))
        results[f"socketpair {family}"] = attempt(lambda: call(53, family, 15, 0, BAD))


def as_user(action, uid=1000):
    def changed():
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        return action()

    return apart(changed)


def scratch(name, mode=0o644):
    path = f"/tmp/{name}"
    with open(path, "w") as file:
        file.write("x")
    os.chmod(path, mode)
    return path


def kept_setgid():
    path = scratch("setgid")
    os.chown(path, 1000, 1000)
    os.chmod(path, 0o2755)
    return oct(os.stat(path).st_mode & 0o7000)


def bind_low():
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 81))


def ping():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()


def raw():
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 253).close()


def signal_other():
    child = os.fork()
    if child == 0:
        os.setresuid(1000, 1000, 1000)
        os.pause() if hasattr(os, "pause") else __import__("signal").pause()
    try:
        for _ in range(200):
            with open(f"/proc/{child}/status") as status:
                if "\nUid:\t1000" in status.read():
                    break
        os.kill(child, 9)
    finally:
        if attempt(lambda: os.kill(child, 0)) == "EPERM":
            return "EPERM"  # It ends with the container.
        os.waitpid(child, 0)


def audit():
    with socket.socket(16, 3, 9) as link:
        link.settimeout(2)
        text = b"op=test\0"
        link.send(struct.pack("IHHII", 16 + len(text), 1112, 5, 1, 0) + text)
        answer = link.recv(4096)
        number = struct.unpack("i", answer[16:20])[0]
        if number:
            raise OSError(-number, "")


def make_device(path, kind, major, minor):
    if os.path.exists(path):
        os.unlink(path)
    os.mknod(path, kind | 0o666, os.makedev(major, minor))
    os.close(os.open(path, os.O_RDONLY))


def other_owner(path):
    os.chown(path, 1000, 1000)
    return path


def file_capability():
    os.setxattr(scratch("capable"), "security.capability", struct.pack("<IIIII", 0x02000001, 1, 0, 0, 0))


def abilities():
    results["CAP_CHOWN"] = attempt(lambda: os.chown(scratch("owned"), 1000, 1000))
    results["CAP_DAC_OVERRIDE"] = apart(lambda: open(other_owner(scratch("closed", 0o600))).close())
    results["CAP_FOWNER"] = attempt(lambda: os.chmod(other_owner(scratch("foreign")), 0o600))
    results["CAP_FSETID"] = attempt(kept_setgid)
    results["CAP_KILL"] = attempt(signal_other)
    results["CAP_MKNOD"] = attempt(lambda: os.mknod("/tmp/null", stat.S_IFCHR | 0o666, os.makedev(1, 3)))
    results["CAP_NET_BIND_SERVICE"] = attempt(bind_low)
    results["CAP_NET_RAW"] = attempt(raw)
    results["CAP_SETFCAP"] = attempt(file_capability)
    results["CAP_SETGID"] = apart(lambda: os.setgid(1000))
    results["CAP_SETUID"] = apart(lambda: os.setuid(1000))
    results["CAP_SETPCAP"] = apart(lambda: ok_or_raise(libc.prctl(24, 0, 0, 0, 0)))
    results["CAP_SYS_CHROOT"] = apart(lambda: os.chroot("/tmp"))
    results["CAP_AUDIT_WRITE"] = attempt(audit)
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(("CapPrm", "CapEff", "CapBnd")):
                results[line[:6]] = line.split()[1]
    results["setuid program"] = as_user(
        lambda: __import__("subprocess").run([order["setuid"], "-u"], capture_output=True).stdout.decode().strip()
    )
    results["ping of a user"] = as_user(ping)
    results["low port of a user"] = as_user(bind_low)
    results["device"] = attempt(lambda: make_device("/dev/try", stat.S_IFCHR, 1, 11))


def look(path):
    found = os.lstat(path)
    kind = stat.S_IFMT(found.st_mode)
    said = f"{kind:o} {stat.S_IMODE(found.st_mode):o} {found.st_gid}"
    if kind == stat.S_IFDIR:
        said += f" {len(os.listdir(path)) > 0}"
    elif kind == stat.S_IFREG:
        with open(path, "rb") as file:
            said += f" {len(file.read(1)) > 0}"
    flags = os.statvfs(path)
    return f"{said} flags {flags.f_flag & 0xF:x} size {flags.f_blocks * flags.f_frsize if path.startswith('/dev') else ''}"


def write(path):
    if os.path.isdir(path):
        # A new file in /proc is refused for another reason.
        return "EROFS" if os.statvfs(path).f_flag & os.ST_RDONLY else "ok"
    os.close(os.open(path, os.O_WRONLY))


def terminal():
    ours, theirs = os.openpty()
    found = os.fstat(theirs)
    os.close(ours), os.close(theirs)
    return f"{stat.S_IMODE(found.st_mode):o} {found.st_gid} {stat.S_IMODE(os.stat('/dev/pts/ptmx').st_mode):o}"


def places():
    for path in order["paths"]:
        results[f"look {path}"] = attempt(lambda: look(path))
    for path in order["writes"]:
        results[f"write {path}"] = attempt(lambda: write(path))
    with open("/proc/self/mountinfo") as mounts:
        for line in mounts:
            before, _, after = line.partition(" - ")
            _, _, _, _, target, options, *shared = before.split(" ")
            kind, _, more = after.split(" ")
            passed = " ".join(word.split(":")[0] for word in shared)
            results[f"mount {target}"] = f"{kind} {options} {passed} {more if target.startswith('/dev') else ''}"
    results["terminal"] = attempt(terminal)


def namespaces():
    for kind, host in order["namespaces"].items():
        there = os.readlink(f"/proc/self/ns/{kind}")
        results[f"namespace {kind}"] = "of the host" if there == host else "own"
    results["network"] = str(os.readlink("/proc/self/ns/net") == order["network"])
    results["hostname"] = socket.gethostname()


for part in (system_calls, abilities, places, namespaces):
    if part.__name__ in order["parts"]:
        part()
print(json.dumps(results))
