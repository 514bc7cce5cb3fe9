"""What the tests of verbs about one ticket share: a desk with T-1001, and what a verb says of it."""
import os
import pathlib
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "story")]

from cases import build, main  # noqa: E402,F401
from daemon import AGENT, BOB, SAM, Desk  # noqa: E402

os.environ["COLUMNS"] = "500"
OK, FAULTS, USAGE, NOT_FOUND, REFUSED = range(5)
T = "T-1001"


class DeskCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.desk = Desk(str(build()))
        self.addCleanup(self.desk.close)
        self.desk.mail(SAM, "Printer", "It costs 640 EUR.", to=BOB, cc=AGENT)
        self.desk.quiet()

    def says(self, status, sentence, *words, **more):
        """What the verb prints; more goes to Desk.run()."""
        done = self.desk.run(*words, **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(sentence, done.stdout + done.stderr)
        return done.stdout
