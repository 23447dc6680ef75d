"""A server, a client and a sniffer in one network namespace, told what to do by lines of JSON.

usage: prober.py LABEL PORT...

It answers TCP and UDP on its ports with its label and the address that it sees. A frame that arrives is noted when it bears a
token (#NAME#), or when it is ARP, neighbour discovery, a router advertisement or a redirect.
"""
import errno
import json
import re
import selectors
import socket
import struct
import subprocess
import sys
import time

LABEL, PORTS = sys.argv[1], sys.argv[2:]
TOKEN = re.compile(rb"#[A-Za-z0-9 :.-]+#")
LINGER = struct.pack("ii", 1, 0)
events = selectors.DefaultSelector()
notes = set()


def plain(address):
    return address[7:] if address.startswith("::ffff:") else address


def watch(one, handler):
    one.setblocking(False)
    events.register(one, selectors.EVENT_READ, handler)


def serve(word):
    """PORT, or [ADDRESS]:PORT."""
    address, _, port = word.rpartition(":")
    address = address.strip("[]") or "::"
    for kind, handler in ((socket.SOCK_STREAM, welcome), (socket.SOCK_DGRAM, reply)):
        server = socket.socket(socket.AF_INET6, kind)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        server.bind((address, int(port)))
        if kind == socket.SOCK_STREAM:
            server.listen(1000)
        watch(server, handler)


def welcome(server):
    try:
        client, (address, *_) = server.accept()
        client.send(f"{LABEL} {plain(address)}".encode())
        client.close()
    except OSError:
        pass  # The client has gone.


def reply(server):
    try:
        data, control, _, sender = server.recvmsg(2048, 256)
    except OSError:
        return  # An ICMP error for an earlier answer.
    token = TOKEN.search(data)
    if token:
        notes.add(f"got {token.group().decode()} {plain(sender[0])}")
    try:
        # From the address that was asked.
        asked = [(level, kind, value) for level, kind, value in control if kind == socket.IPV6_PKTINFO]
        server.sendmsg([f"{LABEL} {plain(sender[0])}".encode()], asked, 0, sender)
    except OSError:
        pass  # There is no way back.


def sniff(sniffer):
    frame, (_, _, kind, _, _) = sniffer.recvfrom(4096)
    if kind != socket.PACKET_OUTGOING:
        notes.update(notes_of(frame))


def daemon(listener):
    """As a program of the host that speaks LLDP hears what is for it."""
    frame = listener.recv(4096)
    notes.update(f"heard {token.decode()}" for token in TOKEN.findall(frame))


def mac(octets):
    return octets.hex(":")


def notes_of(frame):
    kind, body, source = struct.unpack("!H", frame[12:14])[0], frame[14:], mac(frame[6:12])
    sender = ""
    if kind == 0x0806 and len(body) >= 28:
        yield f"arp {body[7]} from {source} says {mac(body[8:14])} {socket.inet_ntoa(body[14:18])} to {socket.inet_ntoa(body[24:28])}"
    if kind == 0x0800 and len(body) >= 20:
        sender = socket.inet_ntoa(body[12:16])
        if body[9] == 1 and body[(body[0] & 15) * 4] == 5:
            yield "redirect ipv4"
    if kind == 0x86DD and len(body) >= 40:
        sender = socket.inet_ntop(socket.AF_INET6, body[8:24])
        payload = body[48:] if body[6] == 0 else body[40:]
        if 58 in (body[6], body[40] if body[6] == 0 else 0) and payload[0] in (134, 135, 136, 137):
            target = socket.inet_ntop(socket.AF_INET6, payload[8:24]) if len(payload) >= 24 else ""
            yield "redirect ipv6" if payload[0] == 137 else f"nd {payload[0]} from {source} {sender} {target} {len(payload)}"
    for token in TOKEN.findall(frame):
        yield f"saw {token.decode()} {sender}"


class Asking:
    """One round of questions: over when all that must be answered are, and the others had their time."""

    def __init__(self, number, questions, least, most):
        self.number, self.questions = number, questions
        self.answers = [None] * len(questions)
        now = time.monotonic()
        self.least, self.most = now + least / 1000, now + most / 1000
        self.sockets = []
        for index, question in enumerate(questions):
            self.begin(index, question)

    def begin(self, index, question):
        family = socket.AF_INET6 if ":" in question["address"] else socket.AF_INET
        is_tcp = question["protocol"] == "tcp"
        client = socket.socket(family, socket.SOCK_STREAM if is_tcp else socket.SOCK_DGRAM)
        client.setblocking(False)
        if is_tcp:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
        self.sockets.append(client)
        try:
            if "source" in question:
                client.bind((question["source"], 0))
            client.connect((question["address"], question["port"]))
            if not is_tcp:
                client.send(b"?")
        except BlockingIOError:
            pass
        except OSError as error:
            self.hear(index, error)
            return
        events.register(client, selectors.EVENT_READ, lambda one: self.read(index, one))

    def read(self, index, client):
        try:
            self.hear(index, client.recv(2048).decode())
        except OSError as error:
            self.hear(index, error)
        events.unregister(client)

    def hear(self, index, answer):
        if isinstance(answer, OSError):
            answer = "!" + errno.errorcode.get(answer.errno, "?")
        self.answers[index] = answer

    def is_over(self):
        now = time.monotonic()
        missing = any(q["answers"] and a is None for q, a in zip(self.questions, self.answers))
        return now >= (self.most if missing else self.least)

    def end(self):
        for client in self.sockets:
            if client in events.get_map():
                events.unregister(client)
            client.close()
        tell(self.number, [answer or "" for answer in self.answers])


asking = []


def tell(number, value):
    sys.stdout.write(json.dumps({"id": number, "value": value}) + "\n")
    sys.stdout.flush()


def obey(line):
    order = json.loads(line)
    number = order["id"]
    if "ask" in order:
        asking.append(Asking(number, order["ask"], order["least"], order["most"]))
    elif "send" in order:
        for frame in order["send"]:
            sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            sender.bind((frame["device"], 0))
            sender.send(bytes.fromhex(frame["hex"]))
            sender.close()
        tell(number, True)
    elif "forget" in order:
        subprocess.run(["ip", "neigh", "flush", "all"], stderr=subprocess.DEVNULL, check=False)
        while drain(0):
            pass
        notes.clear()
        tell(number, True)
    else:
        # What is on its way arrives before.
        while drain(0.03):
            pass
        tell(number, sorted(notes))


def drain(patience):
    busy = False
    for key, _ in events.select(patience):
        if key.fileobj is not sys.stdin:
            handle(key)
            busy = True
    return busy


def handle(key):
    if key.fileobj not in events.get_map():
        return  # Closed by one that came before.
    try:
        key.data(key.fileobj)
    except BlockingIOError:
        pass  # It has been read already.


rest = b""


def listen(stdin):
    global rest
    data = stdin.buffer.raw.read(1 << 20)
    if not data:
        sys.exit(0)
    *lines, rest = (rest + data).split(b"\n")
    for line in lines:
        obey(line)


for word in PORTS:
    serve(word)
sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
watch(sniffer, sniff)
watch(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88CC)), daemon)
events.register(sys.stdin, selectors.EVENT_READ, listen)
tell(0, True)
while True:
    for key, _ in events.select(0.02 if asking else None):
        handle(key)
    for one in [one for one in asking if one.is_over()]:
        asking.remove(one)
        one.end()
