"""What the tests of assent-mailbox share: letters, and a case that checks refusals."""
import ctypes
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
# pylint: disable=wrong-import-position
import ca
from cases import build, main  # noqa: F401
from imap_child import FAILED, OPENED, Child, Failed

SHORT = 1000  # ms: the deadline where one is meant to run out
SOON = 10  # s: surely soon on a busy machine
MIB = 1 << 20


def letter(n, size=200):
    head = f"Subject: letter {n}\r\nFrom: sam@brightdesk.example\r\n\r\n".encode()
    return head + b"x" * (size - len(head) - 2) + b"\r\n"


def landlock():
    """The kernel's version of it; below 1 for none."""
    return ctypes.CDLL(None, use_errno=True).syscall(444, None, ctypes.c_size_t(0), 1)


def sanitized():
    """The sanitizers' own memory is nothing to measure."""
    with open(build() / "assent-mailbox", "rb") as f:
        return b"__asan_init" in f.read()


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="imap.")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.authority = ca.Authority(cls.folder.name + "/ca")

    def child(self, **more):
        child = Child(build(), **more)
        self.addCleanup(child.close)
        return child

    def refused(self, got, stage, code, *words, permanent=None):
        kind, why = (FAILED, got) if isinstance(got, Failed) else (got[0], got[-1])
        self.assertEqual(kind, FAILED, why)
        self.assertIsInstance(why, Failed)
        self.assertEqual((why.stage, why.code), (stage, code), why.text)
        for word in words:
            self.assertIn(word, why.text)
        self.assertTrue(why.text.isprintable(), why.text)
        if permanent is not None:
            self.assertEqual(why.permanent, permanent, why.text)
        return why

    def opened(self, child, **more):
        kind, got = child.open(**more)
        self.assertEqual(kind, OPENED, got)
        return got
