#!/usr/bin/python3
"""Whatever fails once, the daemon gets over it by itself: nothing is lost or doubled."""
import sys

import walk
from daemon import HOUR, MINUTE, same

LEASE = 16 * MINUTE     # a little longer than a job stays with whoever claimed it


class Failing(walk.Walk):
    """Time passes when something waits for it, and only then."""

    left = 0

    def look(self):
        super().look()
        if self.process.poll() is not None:
            self.once_more()
        left = self.log().count("job.left_leased")
        if left > self.left:
            self.left = left
            self.go(LEASE)
        due = self.one("SELECT min(due) FROM job_due") or 0
        if self.now() < due < self.now() + HOUR:
            self.go_to(due)

    def once_more(self):
        """At its start only the daemon may give up; the service manager starts it again."""
        same("the daemon ended", (self.process.returncode, self.fired, self.said("ready ")),
             (1, True, False))
        same("the daemon starts again", self.start(), True)


POINTS = (
    ("commit", "", 15),
    ("step", "", 15),
    ("parser", "", 4),
    ("outlet.write", "", 8),
    ("maildir.settle", "", 4),
    ("file.write", "", 1),
    ("file.sync", "", 1),
    ("file.rename", "", 1),
    ("folder.sync", "", 8),
    ("migrate", "", 1),
)

if __name__ == "__main__":
    sys.exit(walk.main(Failing, POINTS))
