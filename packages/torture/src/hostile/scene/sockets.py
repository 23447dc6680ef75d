# Sends what an ordinary socket can be made to send, and prints how many were sent and how many the kernel refused.
# usage: sockets.py FILE    with one attempt in JSON for each record, which begins with a byte and two of length, as for send.py
import json, socket, struct, sys

FREEBIND = {socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}
PKTINFO = {socket.AF_INET: (socket.IPPROTO_IP, 8), socket.AF_INET6: (socket.IPPROTO_IPV6, 50)}
OPTIONS, RTHDR, HOPOPTS, DSTOPTS, MULTICAST_HOPS = 4, 57, 54, 59, 18


def attempt(one):
    family = socket.AF_INET6 if ':' in one['to'] else socket.AF_INET
    if one['type'] == 'packet':
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.bind(('eth0', 0))
        s.send(bytes.fromhex(one['data']))
        return
    s = socket.socket(family, socket.SOCK_RAW if one['type'] == 'raw' else socket.SOCK_DGRAM, one['protocol'])
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, MULTICAST_HOPS, 4)
    options = bytes.fromhex(one.get('options', ''))
    if options:
        level = socket.IPPROTO_IPV6 if family == socket.AF_INET6 else socket.IPPROTO_IP
        s.setsockopt(level, one['option'], options)
    device = socket.if_nametoindex('eth0')
    source = one.get('source')
    messages = []
    if source is not None:
        s.setsockopt(*FREEBIND[family], 1)
        address = socket.inet_pton(family, source)
        if one['how'] == 'bind':
            s.bind((source, one['from'], 0, device if source.startswith('fe80') else 0) if family == socket.AF_INET6 else (source, one['from']))
        else:
            level, kind = PKTINFO[family]
            info = address + struct.pack('i', device) if family == socket.AF_INET6 else struct.pack('i4s4s', device, address, bytes(4))
            messages.append((level, kind, info))
    to = (one['to'], 9, 0, device if one['to'][:2] in ('fe', 'ff') else 0) if family == socket.AF_INET6 else (one['to'], 9)
    s.sendmsg([bytes.fromhex(one['data'])], messages, 0, to)


data = open(sys.argv[1], 'rb').read()
sent = refused = place = 0
while place < len(data):
    length = struct.unpack_from('!BH', data, place)[1]
    try:
        attempt(json.loads(data[place + 3:place + 3 + length]))
        sent += 1
    except OSError:
        refused += 1
    place += 3 + length
print(sent, refused)
