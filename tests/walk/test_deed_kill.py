#!/usr/bin/python3
"""kill -9 before each commit, step and mail while rules ask, tell, remind and close."""
import sys

import walk
from deeds import Deeds
from test_kill import Killed


class KilledDeeds(Deeds, Killed):
    pass


POINTS = (
    ("commit", ":kill", 20),
    ("step", ":kill", 20),
    ("outlet.write", ":kill", 6),
)

if __name__ == "__main__":
    sys.exit(walk.main(KilledDeeds, POINTS))
