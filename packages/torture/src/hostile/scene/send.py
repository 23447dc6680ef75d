# Sends frames as they are, and prints how many were sent and how many the kernel refused.
# usage: send.py FILE    with for each frame the number of its device (eth0, …) in one byte, its length in two, and itself
import socket, struct, sys, time

data = open(sys.argv[1], 'rb').read()
sockets = {}
sent = refused = place = 0
while place < len(data):
    device, length = struct.unpack_from('!BH', data, place)
    frame = data[place + 3:place + 3 + length]
    place += 3 + length
    if device not in sockets:
        sockets[device] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sockets[device].bind(('eth%d' % device, 0))
    for wait in (0.001, 0.01, 0.1, 0):
        try:
            sockets[device].send(frame)
            sent += 1
            break
        except OSError as error:
            # Its queue is full (105).
            if error.errno != 105 or wait == 0:
                refused += 1
                break
            time.sleep(wait)
print(sent, refused)
