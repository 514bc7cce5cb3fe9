#!/usr/bin/python3
"""Whatever fails once while packets are raised, climb, and end is got over."""
import sys

import walk
from daemon import MINUTE
from packets import Packets
from test_fault import Failing


class FailingRules(Failing):
    missed = 0

    def look(self):
        super().look()
        missed = self.log().count("rules.failed")
        if missed > self.missed:  # a minute later they are looked at again
            self.missed = missed
            self.go(2 * MINUTE)


class FailingPackets(Packets, FailingRules):
    pass


POINTS = (
    ("commit", "", 25),
    ("step", "", 25),
    ("parser", "", 3),
    ("outlet.write", "", 10),
)

if __name__ == "__main__":
    sys.exit(walk.main(FailingPackets, POINTS))
