#!/usr/bin/python3
"""kill -9 before each commit, each step and each mail that goes out: nothing is lost or doubled."""
import signal
import sys

import walk
from daemon import same


class Killed(walk.Walk):
    """Somebody starts the daemon again when it died; no time passes meanwhile."""

    def look(self):
        super().look()
        if self.process.poll() is None:
            return
        same("what ended the daemon", (self.fired, self.process.returncode),
             (True, -signal.SIGKILL))
        same("the daemon starts after a kill", self.start(), True)

    def end(self):
        """What the daemon notes now and then may fall into its last moment."""
        status = super().end()
        self.fired = self.fired or "fault point=" in self.log()
        return 0 if self.fired and status == -signal.SIGKILL else status

    def unfinished(self):
        """What a killed writer leaves in tmp: those who read a Maildir throw it away."""
        return []


POINTS = (
    ("commit", ":kill", 15),
    ("step", ":kill", 15),
    ("outlet.write", ":kill", 8),
    ("maildir.settle", ":kill", 4),
    ("file.write", ":kill", 1),
    ("file.rename", ":kill", 1),
    ("migrate", ":kill", 1),
)

if __name__ == "__main__":
    sys.exit(walk.main(Killed, POINTS))
