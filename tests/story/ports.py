"""Ports of 127.0.0.1 for servers that are told theirs before they listen."""
import random
import socket

# Below those that the kernel hands out (ip_local_port_range): no connection of a test that runs
# beside this one takes the port before its server does.
FIRST, LAST = 10000, 32000
_given = set()


def free_port():
    while True:
        port = random.randint(FIRST, LAST)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
