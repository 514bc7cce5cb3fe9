#!/usr/bin/python3
"""Thousands of replies by writers who had not seen the lexicon: test_replies.py [--build BUILD]."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "replies")]

from cases import build, main  # noqa: E402
import measure  # noqa: E402


class Blind(unittest.TestCase):
    folder = "blind"
    floor = 94.0  # percent of decisions; docs/REPLIES.md tells where the rest goes
    known = ()  # rows that stay wrong; the README of the folder tells why

    @classmethod
    def setUpClass(cls):
        cls.counts, cls.wrong = measure.measure(str(build()), measure.rows_of(measure.HERE / cls.folder))

    def of(self, kind):
        return [f"{row['id']}: {row['text']!r}" for row, got in self.wrong
                if any(g == kind != w for w, g in zip(measure.wanted(row), got))
                and row["id"] not in self.known]

    def test_none_is_an_approval_that_is_not(self):
        self.assertEqual(self.of("approve"), [])

    def test_none_is_a_rejection_that_is_not(self):
        self.assertEqual(self.of("reject"), [])

    def test_every_reply_is_answered(self):
        self.assertGreater(self.counts["all"].all, 2000)
        self.assertTrue(all(got for _, got in self.wrong))

    def test_most_are_read(self):
        self.assertGreaterEqual(self.counts["all"].share(), self.floor)


class Second(Blind):
    folder = "second"
    floor = 88.0


class Third(Blind):
    folder = "third"
    floor = 87.0


class Fourth(Blind):
    folder = "fourth"
    floor = 77.0


class Measure(unittest.TestCase):
    def test_the_bound_is_that_of_the_textbook(self):
        self.assertAlmostEqual(measure.upper(0, 1000), 1 - 0.05 ** (1 / 1000), places=5)


if __name__ == "__main__":
    main()
