#!/usr/bin/python3
"""Whatever fails once while rules ask, tell, remind and close is got over."""
import sys

import walk
from deeds import Deeds
from test_packet_fault import FailingRules


class FailingDeeds(Deeds, FailingRules):
    pass


POINTS = (
    ("commit", "", 20),
    ("step", "", 20),
    ("outlet.write", "", 6),
)

if __name__ == "__main__":
    sys.exit(walk.main(FailingDeeds, POINTS))
