"""Everything at once: people, a Postfix, a Dovecot and a daemon between them.

    with Office(build) as office:
        office.ask_about(7)                 # Sam asks Anna about disk 7, by Postfix
        request = office.wait("anna", "request", "disk 7?")
        office.reply(request, "Approved", 7)    # Anna answers, by Postfix
        office.wait("anna", "receipt", "disk 7")

The daemon reads its mailbox by IMAP over TLS and sends by submission with
STARTTLS and AUTH. Everybody has a mailbox on the Dovecot; the clock is the real
one.
"""
import email
import email.policy
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))
# pylint: disable=wrong-import-position
from ca import Authority
from daemon import AGENT, ANNA, BOB, LENA, SAM, Failure, Mail, address, same, until
from dovecot import Dovecot
from imap_desk import ImapDesk
from border import Border
from server import auth_socket

PEOPLE = {"agent": AGENT, "anna": ANNA, "bob": BOB, "lena": LENA, "sam": SAM}
VOUCHED = ("brightdesk.example", "northwind-tools.example")


class Site:
    """The servers, and the folder that all of them live in."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="assent-office-")
        os.chmod(self.folder, 0o755)
        self.authority = Authority(pathlib.Path(self.folder) / "ca")
        pair = self.authority.good()
        auth = self.folder + "/auth"
        self.server = Dovecot(self.folder + "/dovecot", pair=pair, extra=auth_socket(auth),
                              users={name: f"{name}s password" for name in PEOPLE})
        try:
            self.relay = Border(
                self.folder + "/postfix", pair=pair, sasl=auth, vouched=VOUCHED,
                owner=(self.server.uid, self.server.gid),
                mailboxes={address(a): self.maildir(name) for name, a in PEOPLE.items()})
        except Exception:
            self.server.stop()
            raise

    def maildir(self, name):
        return self.server.folder / "mail" / name / "Maildir"

    def close(self):
        self.relay.stop()
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Office(ImapDesk):
    def __init__(self, build, started=True):
        self.site = Site()
        try:
            super().__init__(build, self.site, user="agent", started=False, change=self._change)
            self.jump = 0  # the servers' clock is the real one
            self._write_clock()
            self.write_password("agents password", "smtp.password")
            if started and not self.start():
                raise Failure("the daemon does not start")
        except Exception:
            self.site.close()
            raise

    def _change(self, settings):
        settings["approvals"] = {"send_delay": "0s"}
        settings["outgoing"] = {"host": "localhost", "port": self.site.relay.submission,
                                "tls": "starttls", "user": "agent",
                                "password_file": "smtp.password",
                                "ca_file": str(self.site.authority.path)}

    def __exit__(self, kind, *more):
        try:
            if kind:
                print("--- the relay's log\n" + self.site.relay.log()[-2000:], file=sys.stderr)
            super().__exit__(kind, *more)
        finally:
            self.site.close()

    # --- what people do

    def drop(self, raw):
        """A letter on its way to everybody whom it names."""
        mail = self._read(raw)
        people = [a.addr_spec for field in ("To", "Cc") if mail[field]
                  for a in mail[field].addresses]
        self.site.relay.send(mail["From"].addresses[0].addr_spec, people, raw)

    @staticmethod
    def _read(raw):
        return email.message_from_bytes(raw, policy=email.policy.default)

    def ask_about(self, number):
        self.mail(SAM, f"Room on server {number}",
                  f"Server {number} is full.\n\nask: Shall we order disk {number}?", to=BOB,
                  cc=AGENT, vouched=None, Message_ID=f"<ask-{number}@brightdesk.example>")

    def reply(self, mail, words, number):
        self.answer(mail, words, sender=ANNA, vouched=None,
                    Message_ID=f"<answer-{number}@northwind-tools.example>")

    def family(self, name):
        """The daemon's children of this name."""
        return [pid for pid in self.offspring() if self._name(pid) == name[:15]]

    # --- what people find

    def mailbox(self, name):
        """Every mail of the desk in this person's mailbox, oldest first."""
        folder = self.site.maildir(name)
        found = []
        for part in ("new", "cur"):
            if (folder / part).is_dir():
                for file in sorted(os.listdir(folder / part)):
                    key = (name, file.split(":")[0])
                    if key not in self.read:
                        self.read[key] = Mail(str(folder / part / file))
                    found.append(self.read[key])
        return [m for m in found if address(str(m.message["From"])) == AGENT]

    def find(self, name, kind, words):
        kinds = dict(self.rows("SELECT message_id, kind FROM outgoing"))
        for mail in self.mailbox(name):
            if kinds.get(mail.id.strip("<>")) == kind and words in mail.text:
                return mail
        return None

    def wait(self, name, kind, words, limit=60):
        return until(lambda: self.find(name, kind, words),
                     f"a {kind} about {words!r} for {name}", limit)


class Killer(threading.Thread):
    """Kills the daemon or one of its children now and then; starts the daemon again."""

    def __init__(self, office, chance):
        super().__init__(daemon=True)
        self.office, self.chance = office, chance
        self.stopping = threading.Event()
        self.kills = {"assentd": 0, "assent-mailbox": 0, "assent-parser": 0}
        self.fault = None

    def run(self):
        try:
            while not self.stopping.wait(self.chance.uniform(0.01, 0.6)):
                self._kill_one()
        except Exception as fault:  # pylint: disable=broad-except
            self.fault = fault

    def _kill_one(self):
        what = self.chance.choice(("assentd", "assentd", "assent-mailbox", "assent-parser"))
        if what == "assentd":
            self.office.kill()
            self.kills[what] += 1
            same("the daemon starts after a kill", self.office.start(), True)
            return
        pids = self.office.family(what)
        if pids:
            os.kill(self.chance.choice(pids), signal.SIGKILL)
            self.kills[what] += 1

    def end(self):
        self.stopping.set()
        self.join()
        if self.fault:
            raise self.fault
