"""Mail in by IMAP from a real Dovecot: the same desk as with a Maildir, whatever dies."""
import os
import shutil
import signal
import stat
import sys
import tempfile

# pylint: disable=wrong-import-position
from bad_imap import BYE, BadImap, Cut, Say
from ca import Authority, self_signed
from imap_desk import ImapDesk, Site, letters_about
from test_oauth import settle
from token_server import TokenServer
from daemon import (AGENT, ANNA, BOB, DAY, HOUR, MINUTE, SAM, Desk, Failure, holds, main, same,
                    story, until)

sys.dont_write_bytecode = True


def inbound(desk, where="1"):
    return desk.one(f"SELECT count(*) FROM inbound WHERE {where}")


def wait_inbound(desk, count, where="1"):
    until(lambda: inbound(desk, where) >= count, f"{count} letters where {where}")
    same(f"letters where {where}", inbound(desk, where), count)


def ask_and_answer(desk):
    desk.mail(SAM, "Twelve licences", "Bob needs them.\n\nask: Shall we order?", to=BOB, cc=AGENT)
    desk.quiet()
    desk.go(MINUTE)
    request = desk.wait_mail(to=ANNA, kind="request")
    desk.mail(BOB, "An addition", "We need thirteen.", to=AGENT)
    desk.quiet()
    desk.answer(request, "Approved, thanks")
    desk.quiet()
    desk.wait_states("approved")
    desk.wait_mail(to=ANNA, kind="receipt")
    desk.quiet()


@story(desk=False)
def mail_by_imap_comes_to_the_same_as_by_maildir(build):
    with Desk(build) as desk:
        ask_and_answer(desk)
        by_maildir = desk.world()
    with Site() as site, ImapDesk(build, site) as desk:
        ask_and_answer(desk)
        by_imap = desk.world()
        desk.check_ledger()
    for part, rows in by_maildir.items():
        same(part, by_imap[part], rows)


@story(desk=False)
def starttls_works_as_well(build):
    with Site() as site, ImapDesk(build, site, boxes=[{"tls": "starttls",
                                                       "port": site.server.port}]) as desk:
        desk.mail(SAM, "Server", "It hums.", to=BOB, cc=AGENT)
        desk.quiet()
        same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)


@story(desk=False)
def an_access_token_that_is_refused_is_fetched_anew(build):
    with Site() as site, TokenServer() as tokens:
        site.server.set_token("desk", "access-token-1")
        with ImapDesk(build, site, boxes=[{"auth": "xoauth2", "credential": "m365",
                                           "password_file": ""}],
                      change=settle(tokens, "client-credentials")) as desk:
            desk.mail(SAM, "Server", "It hums.", to=BOB, cc=AGENT)
            desk.quiet()
            same("tokens", tokens.issued, 1)
            desk.go(10 * MINUTE)
            site.server.set_token("desk", "access-token-2")
            site.server.kick("desk")
            desk.mail(SAM, "Printer", "It hums too.", to=BOB, cc=AGENT)
            desk.quiet()
            same("tokens", tokens.issued, 2)
            same("tickets", desk.one("SELECT count(*) FROM tickets"), 2)
            same("a token in the log", "access-token" in desk.log(), False)


@story(desk=False)
def a_child_killed_at_any_moment_loses_and_doubles_nothing(build):
    with Site() as site, ImapDesk(build, site) as desk:
        total, rounds = 0, 6
        for n in range(rounds):
            raws = letters_about(desk, 60, total)
            total += len(raws)
            desk.append(raws)
            child = desk.wait_child()
            until(lambda seen=total: inbound(desk) > seen - 60 or n % 2, "the first of them")
            os.kill(child, signal.SIGKILL)
            desk.wait_child(other_than=child)
        desk.quiet()
        same("letters", inbound(desk), total)
        same("tickets", desk.one("SELECT count(*) FROM tickets"), total)
        same("quarantined", inbound(desk, "status = 'quarantined'"), 0)
        same("source keys", desk.one("SELECT count(DISTINCT source_key) FROM inbound"), total)
        holds("the log", desk.log(), "the mailbox child died by signal 9")


@story(desk=False)
def a_daemon_killed_in_the_middle_loses_and_doubles_nothing(build):
    with Site() as site, ImapDesk(build, site, started=False) as desk:
        total = 500
        desk.append(letters_about(desk, total))
        # Not three times: a letter that was being read each time would be suspected.
        for wanted in (1, 300):
            desk.start()
            until(lambda least=wanted: inbound(desk) >= least, f"{wanted} letters")
            desk.kill()
        desk.start()
        desk.quiet()
        same("letters", inbound(desk), total)
        same("letters without a ticket", desk.rows("SELECT source_key, status, outcome FROM inbound"
                                                   " WHERE ticket IS NULL"), [])
        same("tickets", desk.one("SELECT count(*) FROM tickets"), total)


@story(desk=False)
def after_a_new_uidvalidity_nothing_is_executed_twice(build):
    with Site() as site, ImapDesk(build, site) as desk:
        desk.mail(SAM, "Licences", "Bob needs them.\n\nask: Shall we order?", to=BOB, cc=AGENT)
        desk.quiet()
        desk.go(MINUTE)
        desk.wait_mail(to=ANNA, kind="request")
        desk.append(letters_about(desk, 3, 50))
        desk.quiet()
        before = desk.world()
        desk.stop()
        site.server.change_uidvalidity("desk")
        desk.start()
        desk.wait_said("mailbox.new_folder")
        wait_inbound(desk, 8)
        desk.quiet()
        after = desk.world()
        for part in ("tickets", "messages", "approvals", "ballots", "outgoing"):
            same(part, after[part], before[part])
        holds("an old letter", desk.outcome() + " ".join(
            r[0] for r in desk.rows("SELECT outcome FROM inbound")), "before the folder was first")
        desk.mail(SAM, "Something new", "It hums.", to=BOB, cc=AGENT)
        desk.quiet()
        same("tickets", desk.one("SELECT count(*) FROM tickets"), len(before["tickets"]) + 1)


@story(desk=False)
def the_first_look_at_an_old_mailbox_acts_on_nothing_old(build):
    with Site() as site, ImapDesk(build, site, started=False) as desk:
        old = [desk.letter(SAM, f"Old {n}", "ask: Shall we?", to=BOB, cc=AGENT) for n in range(300)]
        desk.append(old, when=desk.now() - 3 * DAY)
        desk.append([desk.letter(SAM, "Fresh", "It hums.", to=BOB, cc=AGENT)],
                    when=desk.now() - HOUR)
        desk.start()
        desk.quiet()
        same("filed", inbound(desk, "status = 'filed'"), 300)
        same("tickets", [r[0] for r in desk.rows("SELECT title FROM tickets")], ["Fresh"])
        same("mails", desk.mails(kind="request"), [])


def refused(build, words, site=None, box=None, password=None):
    """A mailbox that cannot be opened: the log says why, the other mailbox goes on."""
    with site or Site() as place:
        bad = {"name": "bad", **(box or {})}
        with ImapDesk(build, place, boxes=[{"user": "other", "password_file": "other.password"},
                                           bad], started=False) as desk:
            desk.user = "other"
            desk.write_password(place.server.password("other"), "other.password")
            if password:
                desk.write_password(password)
            desk.start()
            desk.wait_said("mailbox=bad")
            holds("the log", desk.log(), *words)
            desk.mail(SAM, "Server", "It hums.", to=BOB, cc=AGENT)
            desk.quiet()
            same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
            until(lambda: desk.open(desk.url + "/readyz").status == 503, "readyz to fail")
            holds("readyz", desk.open(desk.url + "/readyz").html, "mailbox:bad")
            return None


@story(desk=False)
def a_wrong_password_is_told_and_the_other_mailbox_goes_on(build):
    return refused(build, ["signing in"], password="wrong")


@story(desk=False)
def a_wrong_folder_is_told_and_the_other_mailbox_goes_on(build):
    return refused(build, ["Nowhere"], box={"folder": "Nowhere"})


@story(desk=False)
def a_wrong_certificate_is_told_before_any_password(build):
    """Both mailboxes are on one server here, so only the bad one is looked at."""
    for pair in (Authority.wrong_name, Authority.expired, lambda a: self_signed(a.folder)):
        with Site(pair=pair) as site, ImapDesk(build, site) as desk:
            desk.wait_said("mailbox.failed")
            holds("the log", desk.log(), "certificate")
            until(lambda d=desk: d.open(d.url + "/readyz").status == 503, "readyz to fail")
            if "desk" in site.server.log() and "Login: user=<desk>" in site.server.log():
                raise Failure("a password was sent to a server that nobody vouches for")


@story(desk=False)
def a_new_password_is_taken_at_the_next_connection(build):
    with Site() as site, ImapDesk(build, site, started=False) as desk:
        desk.write_password("wrong")
        desk.start()
        desk.wait_said("mailbox.failed")
        desk.write_password(site.server.password("desk"))
        desk.reload()
        desk.mail(SAM, "Server", "It hums.", to=BOB, cc=AGENT)
        desk.quiet()
        same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
        until(lambda: desk.open(desk.url + "/readyz").status == 200, "readyz to be well again")


# --- children that die ---------------------------------------------------------------

# A man in the middle of the socket: it passes frames on, and dies when it is told to.
DYING = """#!/usr/bin/python3
import os, signal, socket, struct, sys, threading
here = os.path.dirname(sys.argv[0])
def said(name):
    try:
        with open(here + "/" + name) as f:
            return f.read().split()
    except FileNotFoundError:
        return []
if said("die-at-once"):
    os.kill(os.getpid(), signal.SIGSEGV)
daemon = socket.socket(fileno=3)
ours, theirs = socket.socketpair()
pid = os.fork()
if pid == 0:
    os.dup2(theirs.fileno(), 3)
    os.closerange(4, 100)
    os.execve(here + "/real-mailbox", [here + "/real-mailbox"], {})
theirs.close()
def take(s, n):
    out = b""
    while len(out) < n:
        more = s.recv(n - len(out))
        if not more:
            os.kill(pid, signal.SIGKILL)
            os._exit(0)
        out += more
    return out
def frames(source):
    while True:
        head = take(source, 4)
        yield head + take(source, struct.unpack(">I", head)[0])
def back():
    for frame in frames(ours):
        daemon.sendall(frame)
threading.Thread(target=back, daemon=True).start()
for frame in frames(daemon):
    if frame[4] == 3:
        fields, at = [], 5
        while at < len(frame):
            n = struct.unpack(">I", frame[at:at + 4])[0]
            fields.append(int.from_bytes(frame[at + 4:at + 4 + n], "big"))
            at += 4 + n
        if fields[0] == 0 and set(fields[2:]) & set(map(int, said("deadly-uids"))):
            os.kill(pid, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGSEGV)
    ours.sendall(frame)
"""


class Dying:
    """A build folder whose mailbox child can be told to die."""

    def __init__(self, build):
        self.folder = tempfile.mkdtemp(prefix="assent-dying-")
        for name in ("assentd", "assent", "assent-parser"):
            shutil.copy2(f"{build}/{name}", f"{self.folder}/{name}")
        shutil.copy2(f"{build}/assent-mailbox", f"{self.folder}/real-mailbox")
        path = self.folder + "/assent-mailbox"
        with open(path, "w", encoding="utf-8") as f:
            f.write(DYING)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)

    def tell(self, name, words):
        with open(f"{self.folder}/{name}", "w", encoding="ascii") as f:
            f.write(words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


@story(desk=False)
def a_letter_that_kills_is_quarantined_and_the_rest_arrives(build):
    with Dying(build) as dying, Site() as site, ImapDesk(dying.folder, site,
                                                         started=False) as desk:
        dying.tell("deadly-uids", "7")
        desk.append(letters_about(desk, 20))
        desk.start()
        desk.quiet()
        same("quarantined", desk.rows("SELECT source_key LIKE 'imap:desk:%:7' FROM inbound"
                                      " WHERE status = 'quarantined'"), [(1,)])
        same("tickets", desk.one("SELECT count(*) FROM tickets"), 19)
        outcome = desk.one("SELECT outcome FROM inbound WHERE status = 'quarantined'")
        holds("the sentence", outcome, "could not be fetched", "signal 11", "as UID 7")
        raw = desk.one("SELECT raw FROM inbound_raw WHERE n = (SELECT n FROM inbound WHERE"
                       " status = 'quarantined')")
        holds("what was kept", raw.decode(), "Subject: Server 6")
        same("its body is not kept", b"Hello" in raw, False)
        same("it is still there", sorted(site.server.mails("desk"))[6], 7)


@story(desk=False)
def a_child_that_keeps_dying_is_parked_and_the_end_of_it_is_noticed(build):
    with Dying(build) as dying, Site() as site, ImapDesk(dying.folder, site,
                                                         started=False) as desk:
        dying.tell("die-at-once", "yes")
        desk.start()

        def on():
            desk.go(5 * MINUTE)
            return desk.said("mailbox.parked")
        until(on, "the mailbox to be parked")
        holds("readyz", desk.open(desk.url + "/readyz").html, "mailbox:desk", "signal 11")
        holds("the metrics", desk.open(desk.url + "/metrics").html, "assentd_mailboxes_parked 1")
        os.unlink(dying.folder + "/die-at-once")
        desk.mail(SAM, "Server", "It hums.", to=BOB, cc=AGENT)
        desk.go(16 * MINUTE)
        desk.quiet()
        same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
        desk.wait_said("mailbox.well_again")
        until(lambda: desk.open(desk.url + "/readyz").status == 200, "readyz to be well again")
        holds("the metrics", desk.open(desk.url + "/metrics").html, "assentd_mailboxes_parked 0")


# --- size, afterwards, restarts --------------------------------------------------------


@story(desk=False)
def an_oversized_letter_stays_where_it_is(build):
    def small(settings):
        settings["mail"] = {"max_size": "64KiB"}
    with Site() as site, ImapDesk(build, site, after="move", change=small) as desk:
        site.server.make_folder("desk", "Done")
        desk.mail(SAM, "A film", "x" * 70000, to=BOB, cc=AGENT)
        desk.mail(SAM, "Server", "It hums.", to=BOB, cc=AGENT)
        desk.quiet()
        same("quarantined", inbound(desk, "status = 'quarantined' AND outcome LIKE"
                                    " '%more than mail.max_size (65536)%as UID 1'"), 1)
        same("tickets", [r[0] for r in desk.rows("SELECT title FROM tickets")], ["Server"])
        until(lambda: len(site.server.mails("desk", "Done")) == 1, "the other one to be moved")
        same("what stayed", list(site.server.mails("desk")), [1])


@story(desk=False)
def what_was_taken_is_flagged_or_moved_only_then(build):
    with Site() as site, ImapDesk(build, site, after="flag") as desk:
        desk.append(letters_about(desk, 3))
        desk.quiet()
        until(lambda: all("\\Seen" in flags for flags, _ in site.server.mails("desk").values()),
              "the flags")
    with Site() as site, ImapDesk(build, site, after="move") as desk:
        desk.append(letters_about(desk, 3))
        desk.quiet()
        desk.wait_said("Done")
        same("what stayed without the folder", len(site.server.mails("desk")), 3)
        same("is it ready", desk.open(desk.url + "/readyz").status, 200)
        site.server.make_folder("desk", "Done")
        desk.go(10 * MINUTE)
        desk.append(letters_about(desk, 1, 3))
        until(lambda: len(site.server.mails("desk", "Done")) == 4, "all of them to be moved")
        same("what stayed", len(site.server.mails("desk")), 0)


@story(desk=False)
def a_server_that_restarts_is_found_again(build):
    with Site() as site, ImapDesk(build, site) as desk:
        desk.append(letters_about(desk, 2))
        desk.quiet()
        # Its processes outlive it for half a minute while somebody is connected.
        site.server.kick("desk")
        site.server.stop()
        desk.wait_said("connecting")
        site.server.start()
        desk.append(letters_about(desk, 2, 2))
        desk.quiet()
        same("tickets", desk.one("SELECT count(*) FROM tickets"), 4)
        site.server.kick("desk")
        desk.append(letters_about(desk, 2, 4))
        desk.quiet()
        same("tickets", desk.one("SELECT count(*) FROM tickets"), 6)
        desk.wait_said("mailbox.well_again")


@story(desk=False)
def another_folder_has_uids_of_its_own(build):
    with Site() as site:
        site.server.make_folder("desk", "Work")
        with ImapDesk(build, site, folder="Work") as desk:
            desk.append(letters_about(desk, 2))
            desk.quiet()
            same("keys", inbound(desk, "source_key LIKE 'imap:desk/Work:%'"), 2)
            same("tickets", desk.one("SELECT count(*) FROM tickets"), 2)


# --- servers that do one thing wrong --------------------------------------------------


def bad_desk(build, server, poll="5s"):
    desk = Desk(build, started=False, mailboxes=[
        {"name": "desk", "host": "127.0.0.1", "port": server.port, "tls": "none", "user": "desk",
         "password_file": "imap.password", "poll": poll}])
    with open(desk.folder + "/imap.password", "w", encoding="ascii") as f:
        f.write("secret\n")
    os.chmod(desk.folder + "/imap.password", 0o600)
    return desk


def letters_of(count):
    return {7 + n: (f"From: {SAM}\r\nTo: {BOB}\r\nCc: {AGENT}\r\nSubject: Server {n}\r\n"
                    f"Message-ID: <bad-{n}@brightdesk.example>\r\n\r\nIt hums.\r\n").encode()
            for n in range(count)}


@story(desk=False)
def what_a_server_does_wrong_for_a_while_loses_and_doubles_nothing(build):
    wrongs = {
        "cut in the middle of a literal": ({"fetch": Cut(700)}, "fetching"),
        "cut in the middle of a list": ({"list": Cut(60)}, "listing"),
        "a good-bye instead of a greeting": ({"greeting": BYE}, "greeting"),
        "a good-bye after the sign-in": ({"select": BYE}, "opening the folder"),
        "letters that are listed and not given": ({"fetch": Say("{tag} OK done\r\n")},
                                                  "does not give it"),
        "letters of somebody else": ({"fetch": Say("* 1 FETCH (UID 99 BODY[] {2}\r\nhi)\r\n"
                                                   "{tag} OK done\r\n")}, "does not give it"),
        "a refused fetch": ({"fetch": Say("{tag} NO not today\r\n")}, "not today"),
    }
    for what, (how, words) in wrongs.items():
        with BadImap(letters_of(5), **how) as server, bad_desk(build, server) as desk:
            desk.start()
            desk.wait_said(words)
            if desk.one("SELECT count(*) FROM tickets"):
                raise Failure(what + ": a ticket came of it")
            server.how.clear()
            wait_inbound(desk, 5)
            desk.quiet()
            same(what, desk.one("SELECT count(*) FROM tickets"), 5)
            same(what + ": quarantined", inbound(desk, "status = 'quarantined'"), 0)


@story(desk=False)
def mail_that_comes_just_before_the_idling_is_noticed_at_once(build):
    """The poll is an hour, so that only the server's word can be the reason."""
    with BadImap({}) as server, bad_desk(build, server, poll="3600s") as desk:
        def come(session, _tag, right):
            server.how.clear()
            server.mails.update(letters_of(1))
            session.send(b"* 1 EXISTS\r\n" + right)
        server.how["idle"] = come
        desk.start()
        wait_inbound(desk, 1)
        desk.quiet()
        same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)


if __name__ == "__main__":
    sys.exit(main(globals()))
