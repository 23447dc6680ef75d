# Tells which marked frames arrive in a network namespace, as lines PLACE NUMBER; and PLACE lost COUNT when it could not follow.
# usage: listen.py SEED PLACE=all[:DEVICE]|stack:DEVICE|input …
#   all    what any device receives, or this one: before the kernel looks at it
#   stack  what the kernel takes from a port of a bridge for itself: other taps see a frame before the bridge decides
#   input  what the rules of the firewall let in: every protocol of IPv4 and IPv6
import os, re, select, socket, struct, sys

SOL_PACKET, STATISTICS, IGNORE_OUTGOING, OUTGOING = 263, 6, 23, 4
RCVBUFFORCE = 33
ANY = 3
# Types that some part of a kernel receives: IPv4, ARP, IPv6, 802.3, 802.2, LLDP, 802.1X, pause, slow protocols, tags.
STACK = (0x0800, 0x0806, 0x86DD, 0x0001, 0x0004, 0x88CC, 0x888E, 0x8808, 0x8809, 0x8100, 0x88A8, 0x8863, 0x8864)
mark = re.compile(rb'kMrk' + re.escape(struct.pack('!I', int(sys.argv[1]))) + rb'(....)', re.DOTALL)
place_of = {}


def tap(place, kind, device):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0 if device else socket.htons(kind))
    s.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 64 << 20)
    s.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
    if device:
        s.bind((device, kind))
    place_of[s] = place


def inputs(place):
    for family in (socket.AF_INET, socket.AF_INET6):
        for protocol in range(1, 255):
            s = socket.socket(family, socket.SOCK_RAW, protocol)
            s.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 1 << 20)
            place_of[s] = place


for word in sys.argv[2:]:
    place, kind = word.split('=')
    kind, _, device = kind.partition(':')
    if kind == 'all':
        tap(place, ANY, device)
    elif kind == 'stack':
        for one in STACK:
            tap(place, one, device)
    else:
        inputs(place)

poll = select.epoll()
by_number = {}
for s in place_of:
    s.setblocking(False)
    by_number[s.fileno()] = s
    poll.register(s, select.EPOLLIN)
seen = set()
print('ready', flush=True)
while True:
    ready = poll.poll(0.5)
    lines = []
    for number, _ in ready:
        s = by_number[number]
        place = place_of[s]
        for _ in range(512):
            try:
                data, sender = s.recvfrom(4096)
            except BlockingIOError:
                break
            if s.family == socket.AF_PACKET and sender[2] == OUTGOING:
                continue
            for found in mark.findall(data):
                line = '%s %d' % (place, struct.unpack('!I', found)[0])
                if line not in seen:
                    seen.add(line)
                    lines.append(line)
    if not ready:
        for s, place in place_of.items():
            if s.family == socket.AF_PACKET:
                lost = struct.unpack('II', s.getsockopt(SOL_PACKET, STATISTICS, 8))[1]
                if lost:
                    lines.append('%s lost %d' % (place, lost))
    if lines:
        print('\n'.join(lines), flush=True)
