#!/usr/bin/python3
"""kill -9 before each commit, step and mail while packets are raised, climb, and end."""
import sys

import walk
from packets import Packets
from test_kill import Killed


class KilledPackets(Packets, Killed):
    pass


POINTS = (
    ("commit", ":kill", 25),
    ("step", ":kill", 25),
    ("outlet.write", ":kill", 10),
)

if __name__ == "__main__":
    sys.exit(walk.main(KilledPackets, POINTS))
