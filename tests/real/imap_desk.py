"""A desk whose mail comes in by IMAP from a real Dovecot.

    with server(...) as mail, ImapDesk(build, mail) as desk:
        desk.mail(...)              # APPENDed with the desk's own time as INTERNALDATE
        desk.quiet()                # also until the folder is taken in to its last letter

It is a story's Desk otherwise. The daemon's clock is virtual and the server's
is not, hence the dates.
"""
import contextlib
import imaplib
import os
import pathlib
import sys
import tempfile
import shutil
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))
# pylint: disable=wrong-import-position
from ca import Authority
from daemon import DAY, Desk, Failure, until
from dovecot import Dovecot


class Site:
    """A certificate authority and a Dovecot, in one temporary folder."""

    def __init__(self, pair=None, **options):
        self.folder = tempfile.mkdtemp(prefix="assent-imap-")
        os.chmod(self.folder, 0o755)  # the server reads its passwords as a user of its own
        self.authority = Authority(pathlib.Path(self.folder) / "ca")
        self.server = Dovecot(pathlib.Path(self.folder) / "dovecot",
                              pair=(pair or Authority.good)(self.authority), **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class ImapDesk(Desk):
    def __init__(self, build, site, user="desk", folder="INBOX", after="keep", **options):
        self.site, self.server, self.user, self.box = site, site.server, user, folder
        started = options.pop("started", True)
        boxes = options.pop("boxes", None) or [{}]
        super().__init__(build, started=False, mailboxes=[self._mailbox(i, user, folder, after, box)
                                                          for i, box in enumerate(boxes)], **options)
        self.write_password(site.server.password(user))
        if started:
            self.start()

    def _mailbox(self, index, user, folder, after, more):
        """tls is implicit; more takes the place of what it names."""
        box = {"name": "desk" if index == 0 else f"desk{index}", "host": "localhost",
               "port": self.server.tls_port, "user": user, "password_file": "imap.password",
               "ca_file": str(self.site.authority.path), "folder": folder, "poll": "5s",
               "after": after}
        if after == "move":
            box["move_to"] = "Done"
        return {**box, **more}

    def write_password(self, password, name="imap.password"):
        path = f"{self.folder}/{name}"
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(password + "\n")
        os.chmod(path + ".new", 0o600)
        os.rename(path + ".new", path)

    # --- mail in

    def append(self, raws, when=None, user=None, folder=None):
        """Put letters into the folder, received when (the desk's now)."""
        date = imaplib.Time2Internaldate((self.now() if when is None else when) / 1000)
        with self.server.login(user or self.user) as box:
            for raw in raws:
                said, why = box.append(f'"{folder or self.box}"', None, date, raw)
                if said != "OK":
                    raise Failure(f"APPEND: {why}")

    def drop(self, raw):
        self.append([raw])

    def next_uid(self):
        with self.server.login(self.user) as box:
            answer = box.status(f'"{self.box}"', "(UIDNEXT)")[1][0].decode()
            return int(answer.split("UIDNEXT ")[1].rstrip(")"))

    def taken(self):
        return self.one("SELECT next_uid FROM mailbox_cursor WHERE mailbox = ?",
                        "desk" if self.box == "INBOX" else "desk/" + self.box) or 0

    def is_quiet(self):
        return self.taken() >= self.next_uid() and super().is_quiet()

    # --- the child

    def child(self):
        """The process of the one mailbox child, or None."""
        return (self.children() or [None])[0]

    def children(self):
        return [p for p in self.offspring() if self._name(p).startswith("assent-mailbox")]

    def offspring(self):
        """Every child of the daemon."""
        found = []
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for thread in os.listdir(f"/proc/{self.process.pid}/task"):
                with open(f"/proc/{self.process.pid}/task/{thread}/children",
                          encoding="ascii") as f:
                    found += map(int, f.read().split())
        return found

    @staticmethod
    def _name(pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
                return f.read().strip()
        return ""

    def wait_child(self, other_than=None):
        return until(lambda: (self.child() != other_than and self.child()) or None,
                     "a mailbox child")


def letters_about(desk, count, first=0):
    """Letters of an engineer to a customer, each its own ticket."""
    return [desk.letter("Sam Okafor <sam@brightdesk.example>", f"Server {first + n}",
                        f"Hello Bob, about server {first + n}.",
                        to="Bob Hansen <bob.hansen@northwind-tools.example>",
                        cc="approvals@brightdesk.example") for n in range(count)]


__all__ = ["DAY", "Failure", "ImapDesk", "Site", "letters_about", "time", "until"]
