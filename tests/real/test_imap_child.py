#!/usr/bin/python3
"""assent-mailbox against a real Dovecot and against servers that misbehave: test_imap_child.py [--build BUILD]."""
import argparse
import base64
import concurrent.futures
import contextlib
import ctypes
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "real"))

import ca  # noqa: E402
from bad_imap import BYE, DRIP, HANG, BadImap, Cut, First, Flood, Say  # noqa: E402
from dovecot import Dovecot  # noqa: E402
from imap_child import (AFTER, AT_AFTER, AT_CONNECT, AT_FETCH, AT_GREETING, AT_LIST,  # noqa: E402
                        AT_LOGIN, AT_SELECT, AT_TLS, AT_WAIT, BREAK, BUSY, CONFLICT, DENIED, END,
                        FAILED, FETCH, HEADER, IMPLICIT, INVALID, LIMIT, LIST, MOVE, NEWS, NOBODY,
                        NONE, NOT_FOUND, OK, OPEN, OPENED, PEER, SEEN, STARTTLS, WAIT, XOAUTH2,
                        Child, Died, Failed)

BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
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
    with open(BUILD / "assent-mailbox", "rb") as f:
        return b"__asan_init" in f.read()


class Relay(threading.Thread):
    """Between one client and a port; with hold set, of what the server says only 10 bytes pass until go."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.hold, self.held, self.go = False, threading.Event(), threading.Event()
        self.listener, self.target = socket.create_server(("127.0.0.1", 0)), port
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        client = self.listener.accept()[0]
        self.listener.close()
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self.pass_on, args=(client, server, False), daemon=True).start()
        self.pass_on(server, client, True)

    def pass_on(self, source, drain, holds):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if holds and self.hold:
                    drain.sendall(data[:10])
                    self.held.set()
                    self.go.wait(60)
                    data = data[10:]
                drain.sendall(data)
        drain.close()


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="imap.")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.authority = ca.Authority(cls.folder.name + "/ca")

    def child(self, **more):
        child = Child(BUILD, **more)
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


class WithDovecot(Case):
    """One server for all of these; each case has a user of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {f"u{i}": "correct horse" for i in range(40)}
        users["odd"] = 'q"uo\\te pässword'
        cls.server = Dovecot(cls.folder.name + "/dovecot", cls.authority.good(), users=users)
        cls.addClassCleanup(cls.server.stop)
        cls.users = iter(users)

    def way(self, user=None, **more):
        """How to reach a user nobody else has, over TLS."""
        self.user = user or next(self.users)
        return {"port": self.server.tls_port, "tls": IMPLICIT, "ca_file": self.authority.path,
                "user": self.user, **more}

    def open_new(self, raws=(), **more):
        """A child with an open mailbox that holds raws."""
        child, way = self.child(), self.way(**more)
        self.server.deliver_many(self.user, raws)
        self.opened(child, **way)
        return child

    def test_every_way_in_reads_the_same_mail(self):
        way = self.way()
        self.server.deliver(self.user, letter(1))
        token = self.server.token(self.user)
        cases = (
            {},
            {"host": "localhost"},
            {"port": self.server.port, "tls": STARTTLS},
            {"port": self.server.port, "tls": NONE, "ca_file": ""},
            {"auth": XOAUTH2, "secret": token},
            {"port": self.server.port, "tls": STARTTLS, "auth": XOAUTH2, "secret": token},
            {"host": "localhost", "ca_file": self.server.pair.certificate},
        )
        for case in cases:
            with self.subTest(**case):
                child = self.child()
                got = self.opened(child, **{**way, **case})
                self.assertEqual(got[1:4], [2, 1, 1])
                self.assertIn("UIDPLUS", got[4].split())
                rows, following, more = child.list()
                self.assertEqual((len(rows), following, more), (1, 2, 0))
                self.assertEqual(rows[0][1], len(letter(1)))
                self.assertLess(abs(rows[0][2] / 1000 - time.time()), 600)
                self.assertEqual(child.fetch([1]), {1: letter(1)})

    def test_odd_passwords_pass_as_they_are(self):
        for extra in ({}, {"port": self.server.port, "tls": STARTTLS}):
            self.opened(self.child(), **self.way("odd", secret='q"uo\\te pässword', **extra))

    def test_a_wrong_password_is_refused_and_not_repeated(self):
        why = self.refused(self.child().open(**self.way(secret="wrong-horse-battery")), AT_LOGIN,
                           DENIED, "cannot sign in", "Authentication failed", permanent=1)
        self.assertNotIn("wrong-horse", why.text)

    def test_a_wrong_token_is_refused(self):
        child = self.child()
        way = self.way(auth=XOAUTH2, secret="token-of-yesterday")
        why = self.refused(child.open(**way), AT_LOGIN, DENIED, "cannot sign in", permanent=1)
        self.assertNotIn("yesterday", why.text)
        self.opened(child, **{**way, "secret": self.server.token(self.user)})

    def test_a_wrong_folder_is_told_with_those_that_are_there(self):
        way = self.way(folder="Inbux")
        self.server.make_folder(self.user, "Work/Approvals")
        self.refused(self.child().open(**way), AT_SELECT, NOT_FOUND, "no folder Inbux", "INBOX",
                     "Work/Approvals", permanent=1)

    def test_folders_have_names_in_every_script(self):
        for name, raw in (("Entwürfe & Co", "Entw&APw-rfe &- Co"), ("承認/😀", "&Yn+KjQ-/&2D3eAA-"),
                          ("Done", "Done")):
            way = self.way(folder=name)
            self.server.make_folder(self.user, raw)
            self.server.deliver(self.user, letter(1), raw)
            for spelt in (name, raw):
                child = self.child()
                self.opened(child, **{**way, "folder": spelt})
                self.assertEqual(child.fetch([1]), {1: letter(1)})

    def test_a_large_folder_is_listed_in_pieces(self):
        child, way = self.child(), self.way()
        self.server.deliver_many(self.user, [letter(i) for i in range(250)])
        with self.server.login(self.user) as box:
            box.select()
            box.uid("STORE", "3:180", "+FLAGS", "(\\Deleted)")
            box.expunge()
        self.opened(child, **way)
        seen, first, more, asked = [], 1, 1, 0
        while more:
            rows, first, more = child.list(first, 20)
            self.assertLessEqual(len(rows), 20)
            seen += [r[0] for r in rows]
            asked += 1
        self.assertEqual(seen, [1, 2, *range(181, 251)])
        self.assertEqual(first, 251)
        self.assertLess(asked, 12)
        self.assertEqual(child.list(first), ([], 251, 0))

    def test_an_empty_folder_lists_nothing(self):
        child = self.open_new()
        self.assertEqual(child.list(), ([], 1, 0))
        self.assertEqual(child.list(77), ([], 77, 0))
        self.assertEqual(child.fetch([1, 2, 3]), {})
        self.server.deliver(self.user, letter(1))
        self.assertEqual(child.ask(WAIT, 20000), (NEWS, [1]))
        self.assertEqual(len(child.list()[0]), 1)

    def test_letters_come_byte_for_byte(self):
        raws = [letter(1), b"Subject: \xff\xfe\r\n\r\n8bit \x80\r\n", b"\r\n", b"x\r\n",
                b"Subject: long\r\n\r\n" + b"y" * 100000 + b"\r\n", letter(6, 300000),
                b"Subject: {5}\r\n\r\n* BYE\r\nA1 OK done\r\n* 1 FETCH (UID 9)\r\n)\r\n"]
        child = self.open_new(raws)
        rows = child.list()[0]
        self.assertEqual([r[1] for r in rows], [len(r) for r in raws])
        got = child.fetch([r[0] for r in rows])
        self.assertEqual(list(got.values()), raws)

    def test_reading_marks_nothing(self):
        child = self.open_new([letter(1)])
        child.list()
        child.fetch([1])
        child.fetch([1], HEADER)
        self.assertNotIn("\\Seen", self.server.mails(self.user)[1][0])

    def test_only_headers_where_only_headers_are_asked_for(self):
        head = b"Subject: h\r\n" + b"X-Long: " + b"z" * 200000
        child = self.open_new([letter(1), head + b"\r\n\r\nbody\r\n"])
        got = child.fetch([1, 2], HEADER)
        self.assertEqual(got[1], letter(1).split(b"\r\n\r\n")[0] + b"\r\n\r\n")
        self.assertTrue(head.startswith(got[2]))
        self.assertLess(len(got[2]), 65536)

    def test_a_letter_that_is_too_large_is_not_taken_but_its_header_is(self):
        child = self.open_new([letter(1, 5000), letter(2, 5001)], max_size=5000)
        self.assertEqual(child.fetch([1]), {1: letter(1, 5000)})
        self.refused(child.fetch([1, 2]), AT_FETCH, LIMIT, "5001 bytes", "5000", permanent=0)
        self.refused(child.fetch([1]), AT_CONNECT, CONFLICT, "not open")
        self.opened(child, **self.way(self.user, max_size=5000))
        self.assertEqual(len(child.fetch([2], HEADER)), 1)

    def test_letters_that_are_gone_are_left_out(self):
        child = self.open_new([letter(i) for i in range(5)])
        with self.server.login(self.user) as box:
            box.select()
            box.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
            box.expunge()
        self.assertEqual(list(child.fetch([1, 2, 3, 9])), [1, 3])

    def test_marking_as_read(self):
        child = self.open_new([letter(i) for i in range(4)])
        self.assertEqual(child.ask(AFTER, SEEN, "", 3, 1, 3, 77), (OK, []))
        flags = {u: "\\Seen" in f for u, (f, _) in self.server.mails(self.user).items()}
        self.assertEqual(flags, {1: True, 2: False, 3: True, 4: False})

    def test_moving(self):
        child = self.open_new([letter(i) for i in range(4)])
        self.server.make_folder(self.user, "Done")
        self.assertEqual(child.ask(AFTER, MOVE, "Done", 2, 2, 4), (OK, []))
        self.assertEqual(list(self.server.mails(self.user)), [1, 3])
        self.assertEqual([r for _, r in self.server.mails(self.user, "Done").values()],
                         [letter(1), letter(3)])

    def test_moving_to_nowhere_says_what_to_do(self):
        child = self.open_new([letter(1)])
        self.refused(child.ask(AFTER, MOVE, "Nowhere", 1, 1), AT_AFTER, NOT_FOUND, "Nowhere",
                     "make it", permanent=1)
        self.assertEqual(list(self.server.mails(self.user)), [1])

    def test_waiting_ends_with_a_mail(self):
        child = self.open_new([letter(1)])
        child.list()
        child.say(WAIT, 60000)
        self.server.deliver(self.user, letter(2))
        self.assertEqual(child.hear(), (NEWS, [1]))
        self.assertEqual(child.list(2)[0][0][0], 2)
        self.assertEqual(child.ask(WAIT, 50), (NEWS, [0]))

    def test_half_a_record_of_tls_is_waited_for_without_spinning(self):
        relay, child = Relay(self.server.tls_port), self.child()
        way = self.way(port=relay.port)
        self.opened(child, **way)
        self.assertEqual(child.list(), ([], 1, 0))
        child.say(WAIT, 60000)
        relay.hold = True
        self.server.deliver(self.user, letter(1))
        self.assertTrue(relay.held.wait(30))
        before = child.cpu()
        self.assertFalse(relay.go.wait(0.5))
        self.assertLess(child.cpu() - before, 0.2)
        relay.hold = False
        relay.go.set()
        self.assertEqual(child.hear(), (NEWS, [1]))

    def test_waiting_ends_by_a_word_of_the_daemon(self):
        child = self.open_new()
        start = time.monotonic()
        child.say(WAIT, 60000)
        child.say(BREAK)
        self.assertEqual(child.hear(), (NEWS, [0]))
        child.say(BREAK)
        self.assertEqual(child.ask(WAIT, 50), (NEWS, [0]))
        self.assertLess(time.monotonic() - start, SOON)

    def test_a_question_ends_a_wait_too(self):
        child = self.open_new([letter(1)])
        child.list()
        child.say(WAIT, 60000)
        child.say(FETCH, 0, 1, 1)
        self.assertEqual([child.hear()[0] for _ in range(3)][::2], [NEWS, OK])

    def test_mail_between_listing_and_waiting_is_noticed(self):
        child = self.open_new([letter(1)])
        child.list()
        self.server.deliver(self.user, letter(2))
        # The server tells of it along the way, and once only.
        child.fetch([1])
        child.ask(AFTER, SEEN, "", 1, 1)
        self.assertEqual(child.ask(WAIT, 30000), (NEWS, [1]))

    def test_a_new_uidvalidity_is_told(self):
        child, way = self.child(), self.way()
        self.server.deliver(self.user, letter(1))
        before = self.opened(child, **way)[0]
        after = self.server.change_uidvalidity(self.user, value=before + 5)
        self.assertEqual(self.opened(child, **way)[0], after)

    def test_a_cut_connection_is_told_and_opened_again(self):
        for waiting in (True, False):
            child, way = self.child(), self.way()
            self.opened(child, **way)
            if waiting:
                child.say(WAIT, 60000)
            self.server.kick(self.user)
            if waiting:
                self.refused(child.hear(), AT_WAIT, PEER, permanent=0)
            else:
                self.refused(child.list(), AT_LIST, PEER, permanent=0)
            self.opened(child, **way)

    def test_opening_again_is_opening_anew(self):
        child = self.open_new([letter(1)])
        way = self.way()
        self.server.deliver_many(self.user, [letter(7), letter(8)])
        self.opened(child, **way)
        self.assertEqual(child.fetch([1, 2]), {1: letter(7), 2: letter(8)})

    def test_descriptors_beyond_1024(self):
        child, way = self.child(low=1100), self.way()
        self.server.deliver(self.user, letter(1))
        self.opened(child, **way)
        self.assertGreater(max(map(int, os.listdir(f"/proc/{child.process.pid}/fd"))), 1024)
        self.assertEqual(len(child.list()[0]), 1)
        self.assertEqual(child.fetch([1]), {1: letter(1)})
        self.assertEqual(child.ask(WAIT, 50), (NEWS, [0]))

    def test_walls_stand(self):
        child = self.open_new()
        with open(f"/proc/{child.process.pid}/status", encoding="ascii") as f:
            status = f.read()
        with open(f"/proc/{child.process.pid}/limits", encoding="ascii") as f:
            limits = f.read()
        self.assertRegex(status, r"NoNewPrivs:\s+1")
        self.assertRegex(limits, r"Max core file size\s+0\s+0")
        if not sanitized():
            self.assertNotRegex(limits, r"Max address space\s+unlimited")

    def test_a_child_keeps_to_its_first_server(self):
        if landlock() < 4:
            self.skipTest("this kernel's Landlock cannot keep it")
        child, way = self.child(), self.way(port=self.server.port, tls=NONE, ca_file="")
        self.opened(child, **way)
        with BadImap() as server:
            self.refused(child.open(port=server.port), AT_CONNECT, PEER, "Permission denied")
        self.refused(child.open(**{**way, "tls": STARTTLS, "ca_file": self.authority.path}), AT_TLS,
                     INVALID, "cannot be read")
        self.opened(child, **way)

    def test_a_letter_of_the_usual_limit(self):
        child = self.open_new([letter(1, 25 * MIB)], max_size=25 * MIB)
        self.assertEqual(child.fetch([1]), {1: letter(1, 25 * MIB)})
        if not sanitized():
            self.assertLess(child.rss(), 100 * 1024)

    def test_memory_is_bounded_by_a_letter_not_by_a_batch(self):
        if sanitized():
            self.skipTest("the sanitizers' memory is in the way")
        child = self.open_new([letter(i, 4 * MIB) for i in range(12)], max_size=5 * MIB)
        self.assertEqual(len(child.fetch(range(1, 13))), 12)
        self.assertLess(child.rss(), 40 * 1024)

    def test_it_goes_when_the_daemon_goes(self):
        for busy in (None, WAIT, FETCH):
            child = self.open_new([letter(i, 100000) for i in range(60)])
            if busy == WAIT:
                child.say(WAIT, 60000)
            if busy == FETCH:
                child.say(FETCH, 0, 60, *range(1, 61))
            start = time.monotonic()
            self.assertEqual(child.close(), 0)
            self.assertLess(time.monotonic() - start, SOON)

    def test_it_goes_when_it_is_told_to(self):
        child = self.open_new()
        child.say(END)
        self.assertEqual(child.wait_exit(), 0)


class OtherDovecots(Case):
    """Servers that are set up in another way."""

    def dovecot(self, **more):
        server = Dovecot(tempfile.mkdtemp(dir=self.folder.name), **more)
        self.addCleanup(server.stop)
        return server

    def test_no_move_is_copying_and_removing(self):
        server = self.dovecot(extra="imap_capability = IMAP4rev1 UIDPLUS IDLE AUTH=PLAIN")
        server.deliver_many("desk", [letter(i) for i in range(3)])
        with server.login("desk") as box:
            box.create("Done")
            box.select()
            box.uid("STORE", "3", "+FLAGS", "(\\Deleted)")
        child = self.child()
        self.opened(child, port=server.port)
        self.assertEqual(child.ask(AFTER, MOVE, "Done", 1, 1), (OK, []))
        # What somebody else marked as deleted is not ours to remove.
        self.assertEqual(list(server.mails("desk")), [2, 3])
        self.assertEqual(list(server.mails("desk", "Done")), [1])

    def test_neither_move_nor_uidplus_is_said(self):
        server = self.dovecot(extra="imap_capability = IMAP4rev1 AUTH=PLAIN")
        server.deliver("desk", letter(1))
        child = self.child()
        self.opened(child, port=server.port)
        self.refused(child.ask(AFTER, MOVE, "Done", 1, 1), AT_AFTER, INVALID, "UIDPLUS",
                     permanent=1)

    def test_without_idle_it_looks_at_the_end(self):
        server = self.dovecot(extra="imap_capability = IMAP4rev1 AUTH=PLAIN")
        child = self.child()
        self.assertEqual(self.opened(child, port=server.port)[2:4], [0, 0])
        self.assertEqual(child.ask(WAIT, 50), (NEWS, [0]))
        server.deliver("desk", letter(1))
        self.assertEqual(child.ask(WAIT, 50), (NEWS, [1]))

    def test_another_storage(self):
        server = self.dovecot(storage="mdbox")
        server.deliver_many("desk", [letter(i) for i in range(60)])
        child = self.child()
        self.opened(child, port=server.port)
        rows = child.list()[0]
        self.assertEqual(list(child.fetch([r[0] for r in rows]).values()),
                         [letter(i) for i in range(60)])

    def test_a_server_that_comes_back(self):
        server, child = self.dovecot(), self.child()
        self.opened(child, port=server.port)
        child.say(WAIT, 60000)
        server.stop()
        self.refused(child.hear(), AT_WAIT, PEER, permanent=0)
        self.refused(child.open(port=server.port), AT_CONNECT, PEER, "cannot connect", permanent=0)
        server.start()
        self.opened(child, port=server.port)

    def test_certificates_that_are_refused(self):
        authority = self.authority
        stranger = ca.Authority(self.folder.name + "/stranger", "Some other authority")
        cases = (
            (authority.wrong_name(), "mail.elsewhere.example", "not for localhost"),
            (authority.only_common_name(), "no host name at all", "not for localhost"),
            (authority.expired(), "has expired", "renew"),
            (authority.early(), "not valid yet", "clock"),
            (ca.self_signed(self.folder.name + "/self"), "self-signed", "ca_file"),
            (stranger.good(), "Some other authority", "ca_file"),
        )
        for pair, *words in cases:
            for tls in (IMPLICIT, STARTTLS):
                with self.subTest(words=words, tls=tls), \
                        BadImap(pair=pair, implicit=tls == IMPLICIT) as server:
                    got = self.child().open(host="localhost", port=server.port, tls=tls,
                                            ca_file=authority.path)
                    self.refused(got, AT_TLS, DENIED, "certificate", *words, permanent=1)
                    self.assertEqual(server.commands(),
                                     [] if tls == IMPLICIT else ["CAPABILITY", "STARTTLS"])

    def test_a_name_and_an_address_are_not_the_same(self):
        pair = self.authority.good("localhost")
        server = self.dovecot(pair=pair)
        way = {"port": server.tls_port, "tls": IMPLICIT, "ca_file": self.authority.path}
        self.opened(self.child(), host="localhost", **way)
        self.refused(self.child().open(host="127.0.0.1", **way), AT_TLS, DENIED, "localhost",
                     "not for 127.0.0.1", permanent=1)


class Misbehaving(Case):
    """Servers of our own that do one thing wrong."""

    MAILS = {u: letter(u) for u in (3, 5, 6)}

    def bad(self, mails=None, **how):
        server = BadImap(dict(self.MAILS) if mails is None else mails, **how)
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def open_bad(self, mails=None, deadline=20000, max_size=MIB, **how):
        server, child = self.bad(mails, **how), self.child()
        self.opened(child, port=server.port, deadline=deadline, max_size=max_size)
        return server, child

    def lives(self, child):
        """It can be asked again, whatever happened."""
        with BadImap(dict(self.MAILS)) as server:
            # Its walls leave it one port, where there is such a wall.
            kind, got = child.open(port=server.port)
            self.assertTrue(kind == OPENED or got.stage == AT_CONNECT, got)

    STEPS = (("greeting", AT_GREETING), ("capability", AT_GREETING), ("authenticate", AT_LOGIN),
             ("go", AT_LOGIN), ("select", AT_SELECT), ("list", AT_LIST), ("highest", AT_LIST),
             ("fetch", AT_FETCH), ("store", AT_AFTER), ("move", AT_AFTER), ("idle", AT_WAIT),
             ("done", AT_WAIT))

    def go_through(self, server, deadline):
        """Everything one does with a mailbox; the first refusal, or None."""
        child = self.child()
        kind, got = child.open(port=server.port, deadline=deadline)
        if kind == FAILED:
            return child, got
        for ask in (lambda: child.list(), lambda: child.list(1000),
                    lambda: child.fetch([3, 5, 6]),
                    lambda: child.ask(AFTER, SEEN, "", 1, 3)[1],
                    lambda: child.ask(AFTER, MOVE, "Done", 1, 3)[1],
                    lambda: child.ask(WAIT, 50)[1]):
            got = ask()
            if isinstance(got, Failed):
                return child, got
        return child, None

    def test_a_good_server_is_gone_through(self):
        self.assertIsNone(self.go_through(self.bad(), 20000)[1])

    def test_hanging_and_dripping_are_cut_at_each_step(self):
        def case(how, step, stage):
            start = time.monotonic()
            child, why = self.go_through(self.bad(**{step: self.slowly(how)}), SHORT)
            self.refused(why, stage, BUSY, f"{SHORT} ms", permanent=0)
            self.assertLess(time.monotonic() - start, SOON)
            self.lives(child)
        # They wait most of the time, so they wait together.
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            running = {(how.__name__, step): pool.submit(case, how, step, stage)
                       for how in (HANG, DRIP) for step, stage in self.STEPS}
        for (how, step), ended in running.items():
            with self.subTest(how=how, step=step):
                ended.result()

    @staticmethod
    def slowly(how):
        """Long enough to drip beyond the deadline, whatever the right answer."""
        def slow(session, tag, right):
            how(session, tag, right)
            how(session, tag, b" " * 100000)
        return slow

    def test_a_drop_is_told_at_each_step(self):
        for how, words in ((BYE, "closed for the night"), (Cut(3), "closed the connection")):
            for step, stage in self.STEPS:
                with self.subTest(words=words, step=step):
                    child, why = self.go_through(self.bad(**{step: how}), 20000)
                    self.refused(why, stage, PEER, words, permanent=0)
                    self.lives(child)

    def test_a_hanging_handshake_is_cut(self):
        for implicit in (True, False):
            server = self.bad(pair=self.authority.good(), implicit=implicit, handshake=HANG)
            got = self.child().open(port=server.port, tls=IMPLICIT if implicit else STARTTLS,
                                    ca_file=self.authority.path, deadline=SHORT)
            self.refused(got, AT_TLS, BUSY, f"{SHORT} ms")

    def test_a_plain_server_on_the_tls_port_is_told(self):
        server = self.bad()
        got = self.child().open(port=server.port, tls=IMPLICIT, ca_file=self.authority.path,
                                deadline=2000)
        self.refused(got, AT_TLS, PEER, "TLS")
        self.assertEqual(server.commands(), [])

    def test_old_tls_is_refused(self):
        warnings.simplefilter("ignore", DeprecationWarning)
        for most, opens in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)):
            server = self.bad(pair=self.authority.good(), implicit=True, tls_most=most)
            got = self.child().open(port=server.port, tls=IMPLICIT, ca_file=self.authority.path)
            if opens:
                self.assertEqual(got[0], OPENED, got)
            else:
                self.refused(got, AT_TLS, PEER, "TLS 1.2 or newer")
                self.assertEqual(server.heard, [])

    def test_something_else_than_imap_is_told(self):
        for greeting in ("HTTP/1.1 400 Bad Request\r\n\r\n", "220 mx.example ESMTP\r\n", "\r\n",
                         "+OK POP3\r\n", "* HELLO\r\n", "*\r\n", "* OK\r\n", "\0\0\0\0\n"):
            with self.subTest(greeting=greeting):
                server = self.bad(greeting=Say(greeting))
                self.refused(self.child().open(port=server.port, deadline=2000), AT_GREETING, PEER)

    def test_greetings_that_crash_the_library_do_not_crash_us(self):
        for greeting in ("* OK [PERMANENTFLAGS (] hi", "* OK [PERMANENTFLAGS ()] hi",
                         "* OK [BADCHARSET (] hi", "* OK [CAPABILITY] hi", "* OK [CAPABILITY ] hi",
                         "* OK [] hi", "* OK [ hi", "* OK ] hi", "* OK [ALERT]", "* OK [PARSE] ",
                         "* OK [UIDVALIDITY 0] hi", "* OK [UIDNEXT 99999999999] hi",
                         "* OK [REFERRAL imap://] hi", "* OK [APPENDUID 1 (] hi",
                         "* OK [COPYUID 1 1:* (] hi", "* OK [HIGHESTMODSEQ (] hi",
                         "* OK \x00 hi", "* OK {3}", "* OK \x80\xff\xfe", "* PREAUTH [", "* BYE ["):
            with self.subTest(greeting=greeting):
                server = self.bad(greeting=Say(greeting + "\r\n"))
                child = self.child()
                kind, why = child.open(port=server.port, deadline=2000)
                if kind == FAILED:
                    self.assertEqual(why.stage, AT_GREETING, why.text)
                self.lives(child)

    def test_the_same_in_every_answer(self):
        for line in ("* OK [PERMANENTFLAGS (] hi", "* NO [BADCHARSET (] hi", "* BAD [ALERT",
                     "* LIST", "* LIST (", "* FLAGS (", "* SEARCH 1 2 (", "* STATUS", "* ESEARCH (",
                     "* 5", "* 5 EXISTS (", "* 5 EXPUNGE x", "* 0 FETCH (FLAGS (\\Seen))",
                     "* NAMESPACE NIL NIL", "* X [", "* VANISHED 1:*", "* CAPABILITY", "* QUOTA ("):
            with self.subTest(line=line):
                text = First(line + "\r\n")
                server = self.bad(capability=text, authenticate=text, select=text, list=text,
                                  fetch=text, store=text, idle=text, done=text)
                child, why = self.go_through(server, 20000)
                if why:
                    self.assertIn(why.code, (PEER, LIMIT), why.text)
                self.lives(child)

    def test_signed_in_already_is_refused(self):
        for pair, tls in ((None, NONE), (self.authority.good(), STARTTLS)):
            server = self.bad(pair=pair, greeting=Say("* PREAUTH welcome back\r\n"))
            got = self.child().open(port=server.port, tls=tls, ca_file=self.authority.path)
            self.refused(got, AT_GREETING, DENIED, "PREAUTH", permanent=1)
            self.assertEqual(server.commands(), [])

    def test_words_slipped_in_before_tls_are_refused(self):
        server = self.bad(pair=self.authority.good(), starttls=Say(
            "{tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA2 OK done\r\n"))
        got = self.child().open(port=server.port, tls=STARTTLS, ca_file=self.authority.path)
        self.refused(got, AT_TLS, DENIED, "tampers", permanent=1)
        self.assertEqual(server.commands(), ["CAPABILITY", "STARTTLS"])

    def test_starttls_that_is_not_offered_or_refused(self):
        server = self.bad()
        got = self.child().open(port=server.port, tls=STARTTLS, ca_file=self.authority.path)
        self.refused(got, AT_TLS, DENIED, "does not offer STARTTLS", permanent=1)
        self.assertEqual(server.commands(), ["CAPABILITY"])
        server = self.bad(pair=self.authority.good(), starttls=Say("{tag} NO not today\r\n"))
        got = self.child().open(port=server.port, tls=STARTTLS, ca_file=self.authority.path)
        self.refused(got, AT_TLS, PEER, "not today")

    def test_what_was_offered_before_tls_counts_for_nothing(self):
        server = self.bad(pair=self.authority.good(), can="IMAP4rev1 AUTH=PLAIN",
                          can_later="IMAP4rev1 LOGINDISABLED")
        got = self.child().open(port=server.port, tls=STARTTLS, ca_file=self.authority.path)
        self.refused(got, AT_LOGIN, DENIED, "LOGINDISABLED", permanent=1)
        self.assertEqual(server.commands(), ["CAPABILITY", "STARTTLS", "CAPABILITY"])

    def test_xoauth2_that_is_not_offered(self):
        server = self.bad(can="IMAP4rev1 AUTH=PLAIN")
        got = self.child().open(port=server.port, auth=XOAUTH2)
        self.refused(got, AT_LOGIN, DENIED, "does not offer XOAUTH2", permanent=1)
        self.assertEqual(server.commands(), ["CAPABILITY"])

    def test_a_server_of_old_takes_login(self):
        server = self.bad(can="IMAP4rev1")
        self.opened(self.child(), port=server.port, secret='a "quoted\\ one')
        self.assertIn(' LOGIN "desk" "a \\"quoted\\\\ one"'.replace('"desk"', "desk"),
                      server.heard[1])

    def test_how_a_secret_is_said(self):
        for can in ("IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2", "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2"):
            for auth, blob in ((0, b"\0desk\0correct horse"),
                               (XOAUTH2, b"user=desk\1auth=Bearer correct horse\1\1")):
                server = self.bad(can=can)
                self.opened(self.child(), port=server.port, auth=auth)
                said = [h for h in server.heard if h.endswith(base64.b64encode(blob).decode())]
                self.assertEqual(len(said), 1, server.heard)

    def test_a_refused_token_is_heard_out(self):
        def refuse(session, tag, _right):
            session.send(b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")
            assert session.line() == ""
            session.send(f"{tag} NO [AUTHENTICATIONFAILED] token expired\r\n".encode())
        for can in ("AUTH=XOAUTH2", "AUTH=XOAUTH2 SASL-IR"):
            server = self.bad(can="IMAP4rev1 " + can, authenticate=refuse)
            self.refused(self.child().open(port=server.port, auth=XOAUTH2), AT_LOGIN, DENIED,
                         "token expired", permanent=1)

    def test_a_refusal_that_passes_is_no_wrong_password(self):
        for text in ("[UNAVAILABLE] later", "[INUSE] locked", "[LIMIT] slow down",
                     "[ALERT] Too many simultaneous connections.", "please try again"):
            server = self.bad(authenticate=Say("{tag} NO " + text + "\r\n"))
            self.refused(self.child().open(port=server.port), AT_LOGIN, BUSY, permanent=0)

    def test_a_server_cannot_make_us_tell_the_secret(self):
        blob = base64.b64encode(b"\0desk\0correct horse").decode()
        for text in ("no correct horse for you", blob, "correct\x01 hor\x14se", "A\x1b[31m\u202ered\x07 alert"):
            server = self.bad(authenticate=Say("{tag} NO " + text + "\r\n"))
            why = self.refused(self.child().open(port=server.port), AT_LOGIN, DENIED)
            for bad in ("correct horse", blob, "\x1b", "\u202e"):
                self.assertNotIn(bad, why.text)

    def test_long_words_are_clipped(self):
        server = self.bad(authenticate=Say("{tag} NO " + "é" * 5000 + "\r\n"))
        why = self.refused(self.child().open(port=server.port), AT_LOGIN, DENIED)
        self.assertLess(len(why.text.encode()), 480)

    def test_line_breaks_never_reach_a_server(self):
        for more in ({"user": "a\r\nA9 LOGOUT"}, {"secret": "x\ny"}, {"folder": "INBOX\r\nA9 DELETE x"},
                     {"user": "a\rb"}):
            server = self.bad()
            self.refused(self.child().open(port=server.port, **more), AT_CONNECT, INVALID,
                         "line break", permanent=1)
            self.assertEqual(server.heard, [])

    def test_openings_that_make_no_sense(self):
        for more in ({"tls": 3}, {"auth": 9}, {"port": 70000}, {"deadline": 0}, {"max_size": 0},
                     {"user": b"\xff"}, {"secret": b"a\0b"}):
            self.refused(self.child().open(**more), AT_CONNECT, INVALID, permanent=1)
        self.refused(self.child().ask(OPEN, "x"), AT_CONNECT, INVALID)
        server = self.bad()
        self.refused(self.child().open(port=server.port, auth=NOBODY), AT_LOGIN, INVALID)

    def test_hosts_and_files_that_are_not_there(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        self.refused(self.child().open(port=port), AT_CONNECT, PEER, "cannot connect",
                     "Connection refused", permanent=0)
        got = self.child().open(host="no-such-host.invalid", port=port, deadline=3000)
        self.assertIn(got[1].code, (NOT_FOUND, PEER, BUSY))
        self.assertIn("no-such-host.invalid", got[1].text)
        for path in ("/nowhere/ca.pem", "/etc/passwd"):
            self.refused(self.child().open(tls=IMPLICIT, port=port, ca_file=path), AT_TLS, INVALID,
                         path)

    def test_a_port_where_nobody_answers(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as s, contextlib.ExitStack() as full:
            for _ in range(3):
                waiting = full.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(s.getsockname())
            start = time.monotonic()
            got = self.child().open(port=s.getsockname()[1], deadline=SHORT)
            self.refused(got, AT_CONNECT, BUSY, "nothing answers", permanent=0)
            self.assertLess(time.monotonic() - start, SOON)

    def test_folders_without_what_they_need(self):
        for text, words in (
                ("* 3 EXISTS\r\n{tag} OK done\r\n", "UIDVALIDITY"),
                ("* OK [UIDVALIDITY 4294967296] x\r\n{tag} OK done\r\n", "32 bits"),
                ("* OK [UIDVALIDITY 0] x\r\n{tag} OK done\r\n", "32 bits"),
                ("* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT -1] x\r\n{tag} OK done\r\n", "32 bits"),
                ("* 4294967296 EXISTS\r\n{tag} OK done\r\n", "32 bits"),
                ("{tag} BAD no\r\n", "cannot open the folder")):
            server = self.bad(select=Say(text))
            self.refused(self.child().open(port=server.port), AT_SELECT, PEER, words)

    def test_a_folder_that_does_not_say_uidnext_is_listed_all_the_same(self):
        server = self.bad(select=Say("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK done\r\n"))
        child = self.child()
        self.assertEqual(self.opened(child, port=server.port)[:2], [7, 0])
        self.assertEqual([r[0] for r in child.list()[0]], [3, 5, 6])

    def test_the_last_mail_below_the_first_asked_for_is_none(self):
        server, child = self.open_bad()
        self.assertEqual(child.list(7), ([], 7, 0))
        self.assertEqual(child.list(4294967295), ([], 4294967295, 0))
        self.assertEqual(child.list(4294967296), ([], 4294967296, 0))
        server.mails[9] = letter(9)
        self.assertEqual(child.list(7)[0][0][0], 9)

    def test_uids_that_lie_far_apart(self):
        mails = {1: letter(1), 70000: letter(2), 4000000000: letter(3), 4294967294: letter(4)}
        server, child = self.open_bad(mails)
        seen, first, more = [], 1, 1
        while more:
            rows, first, more = child.list(first, 2)
            seen += [r[0] for r in rows]
        self.assertEqual(seen, sorted(mails))
        self.assertLess(len(server.heard), 80)

    def test_more_than_asked_for_is_left_for_the_next_time(self):
        mails = {u: letter(u, 80) for u in range(100000, 100400)}
        _, child = self.open_bad(mails)
        rows, following, more = child.list(1, 50)
        self.assertEqual([r[0] for r in rows], list(range(100000, 100050)))
        self.assertEqual((following, more), (100050, 1))

    def test_a_huge_folder_costs_no_memory(self):
        mails = dict.fromkeys(range(5000000, 5200000), b"x")
        _, child = self.open_bad(mails)
        rows, following, more = child.list()
        self.assertEqual([r[0] for r in rows], list(range(5000000, 5005000)))
        self.assertEqual((following, more), (5005000, 1))
        if not sanitized():
            self.assertLess(child.rss(), 24 * 1024)

    def test_listings_that_lie(self):
        row = '* 1 FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "21-Nov-2026 07:00:00 +0000")\r\n'

        def rows(*pairs):
            return Say("".join(row.format(uid=u, size=s) for u, s in pairs) + "{tag} OK done\r\n")
        cases = (
            (rows((5, 1), (3, 1)), PEER, "ascend"),
            (rows((3, 1), (3, 1)), PEER, "ascend"),
            (rows((4294967299, 1)), PEER, "32 bits"),
            (rows((3, 99999999999999999999)), PEER, "32 bits"),
            (rows(("x", 1)), PEER, ""),
            (Say("* 1 FETCH (UID 3 RFC822.SIZE 1 ENVELOPE (NIL))\r\n{tag} OK x\r\n"), PEER, "asked"),
            (Say("* 1 FETCH (UID 3 BODYSTRUCTURE (\r\n{tag} OK x\r\n"), PEER, "asked"),
            (Say("* 1 FETCH (UID 3 BODY[] {10}\r\n"), LIMIT, "10 bytes"),
            (Say("* 1 FETCH (UID 3\r\n{tag} OK x\r\n"), PEER, ""),
            (Say("{tag} NO cannot\r\n"), PEER, "cannot list the folder"),
            (Say("{tag} BAD cannot\r\n"), PEER, "cannot list the folder"),
            (Say("9999 OK done\r\n"), PEER, ""),
        )
        for how, code, words in cases:
            server, child = self.open_bad(list=how)
            self.refused(child.list(), AT_LIST, code, words)

    def test_listings_with_more_than_was_asked_for(self):
        server, child = self.open_bad(list=Say(
            "* 9 FETCH (FLAGS (\\Seen))\r\n"
            "* 1 FETCH (UID 2 RFC822.SIZE 44)\r\n"
            '* 2 FETCH (INTERNALDATE " 1-Feb-2026 10:00:00 -0230" RFC822.SIZE 55 FLAGS () UID 4)\r\n'
            "* 2 FETCH (UID 4 FLAGS (\\Seen))\r\n"
            "* 3 FETCH (UID 77 RFC822.SIZE 66)\r\n{tag} OK done\r\n"))
        self.assertEqual(child.list(3)[0], [(4, 55, 1769949000000)])

    def test_letters_that_lie(self):
        big = b"* 1 FETCH (UID 3 BODY[] {%d}\r\n"
        cases = (
            (Say(big % (MIB + 1)), LIMIT, "1048577 bytes"),
            (Say(big % 4294967295), LIMIT, "4294967295 bytes"),
            (Say(big % 99999999999), PEER, "32 bits"),
            (Say("* 1 FETCH (UID 3 BODY[] {-1}\r\n)\r\n{tag} OK x\r\n"), PEER, ""),
            (Cut(60), PEER, "closed"),
            (Say("* 1 FETCH (UID 3 BODY[] {4}\r\nabcdBODY[] {4}\r\nabcd)\r\n{tag} OK x\r\n"), PEER, ""),
            (Say("* 1 FETCH (UID 3 BODY[] {4}\r\nabcd BODY[] {4}\r\nabcd)\r\n{tag} OK x\r\n"), PEER,
             "two letters"),
            (Say("* 1 FETCH (UID 3 BODY[] {4}\r\nabcdefgh)\r\n{tag} OK x\r\n"), PEER, ""),
            (Say("{tag} NO cannot\r\n"), PEER, "cannot fetch mails"),
            (Flood(b"* OK still there\r\n"), LIMIT, "far more"),
            (Flood(b"x"), LIMIT, "without end"),
            (Flood(b"* 7 FETCH (FLAGS (\\Seen))\r\n"), LIMIT, "far more"),
            (Flood(b"* 1 FETCH (UID 3 BODY[] {1048576}\r\n" + b"x" * MIB + b")\r\n"), LIMIT, "far more"),
        )
        for how, code, words in cases:
            server, child = self.open_bad(fetch=how)
            got = child.fetch([3, 5, 6])
            self.refused(got, AT_FETCH, code, words)
            self.assertLess(server.bytes_sent, 24 * MIB)
            if not sanitized():
                self.assertLess(child.rss(), 32 * 1024)
            self.lives(child)

    def test_letters_that_are_odd_but_right(self):
        _, child = self.open_bad({u: b"" for u in range(1, 9)}, fetch=Say(
            "* 1 FETCH (BODY[] {3}\r\none UID 1)\r\n"  # the UID behind
            "* 2 FETCH (UID 2 BODY[] NIL)\r\n"  # gone meanwhile
            "* 3 FETCH (UID 3 BODY[] {0}\r\n)\r\n"  # empty
            "* 4 FETCH (UID 4 BODY[] \"qu\\\"oted\")\r\n"
            "* 5 FETCH (FLAGS (\\Seen))\r\n"  # no answer to us
            "* 1 FETCH (UID 1 BODY[] {3}\r\nbad)\r\n"  # again
            "* 9 FETCH (UID 99 BODY[] {3}\r\nbad)\r\n"  # nobody asked
            "* 6 FETCH (UID 6 FLAGS (\\Seen) BODY[] {2}\r\nok)\r\n"
            "* 12 EXISTS\r\n* 1 EXPUNGE\r\n{tag} OK done\r\n"))
        got = child.fetch(range(1, 9))
        self.assertEqual(got, {1: b"one", 3: b"", 4: b'qu"oted', 6: b"ok"})
        self.assertEqual(child.ask(WAIT, 20000), (NEWS, [1]))

    def test_a_slow_batch_has_its_time_for_each_letter(self):
        def slowly(session, tag, right):
            for piece in right.split(b"* ")[1:]:
                session.send(b"* " + piece)
                time.sleep(0.35)
        server, child = self.open_bad({u: letter(u) for u in range(1, 9)}, deadline=2000,
                                      fetch=slowly)
        self.assertEqual(len(child.fetch(range(1, 9))), 8)

    def test_a_mail_just_before_the_go_ahead_to_idle_is_heard(self):
        server, child = self.open_bad(idle=First("* 4 EXISTS\r\n"))
        child.list()
        self.assertEqual(child.ask(WAIT, 60000), (NEWS, [1]))

    def test_what_is_told_while_idling(self):
        cases = (("* 4 EXISTS\r\n", 1), ("* 3 EXISTS\r\n", 0), ("* 2 EXPUNGE\r\n", 0),
                 ("* 2 EXPUNGE\r\n* 3 EXISTS\r\n", 1), ("* 1 FETCH (FLAGS ())\r\n", 0),
                 ("* OK still here\r\n", 0))
        for text, news in cases:
            with self.subTest(text=text):
                server, child = self.open_bad(news=Say(text))
                child.list()
                self.assertEqual(child.ask(WAIT, 60000 if news else 200), (NEWS, [news]))

    def test_idling_that_is_refused_is_done_without(self):
        server, child = self.open_bad(idle=Say("{tag} BAD no\r\n"), noop=First("* 4 EXISTS\r\n"))
        child.list()
        self.assertEqual(child.ask(WAIT, 50), (NEWS, [1]))

    def test_junk_while_idling(self):
        for text, code in ((b"x" * 100000, LIMIT), (b"* 1 FETCH (BODY[] {9}\r\n", LIMIT),
                           (b"* BYE\r\n", PEER), (b"\0\r\n", PEER), (b"A OK\r\n", PEER)):
            with self.subTest(text=text[:20]):
                server, child = self.open_bad(news=Say(text), deadline=2000)
                child.list()
                self.refused(child.ask(WAIT, 60000), AT_WAIT, code)
                self.lives(child)

    def test_questions_out_of_turn(self):
        child = self.child()
        for ask in ((LIST, 1, 1), (FETCH, 0, 1, 1), (AFTER, 0, "", 1, 1), (WAIT, 1), (99,)):
            self.refused(child.ask(*ask), AT_CONNECT, CONFLICT, "not open")
        server = self.bad()
        for ask in ((LIST, 0, 1), (LIST, 1, 5001), (LIST, 1), (FETCH, 0, 2, 5, 3), (FETCH, 0, 0),
                    (FETCH, 2, 1, 1), (FETCH, 0, 201, *range(1, 202)), (FETCH, 0, 1, 4294967296),
                    (AFTER, 1, "a\r\nb", 1, 1), (WAIT, -1), (WAIT,), (99,)):
            child = self.child()
            self.opened(child, port=server.port)
            kind, why = child.ask(*ask)
            self.assertEqual((kind, why.code), (FAILED, INVALID), ask)

    def test_nonsense_on_the_socket_ends_it(self):
        for raw in (b"\0\0\0\0", b"\xff\xff\xff\xff\1", b"\0\0\0\5\1ab"):
            child = Child(BUILD)
            child.sock.sendall(raw)
            child.sock.shutdown(socket.SHUT_WR)
            self.assertIn(child.wait_exit(), (0, 1))
            child.close()

    def test_it_goes_at_once_when_the_daemon_goes_and_the_server_hangs(self):
        for step in ("greeting", "authenticate", "fetch", "idle", "done", "logout"):
            server, child = self.bad(**{step: HANG}), self.child()
            child.say(OPEN, "127.0.0.1", server.port, NONE, 0, "desk", "x", "", "INBOX", 60000, MIB)
            if step not in ("greeting", "authenticate"):
                self.assertEqual(child.hear()[0], OPENED)
                child.say(WAIT if step != "fetch" else FETCH, *((0, 1, 3) if step == "fetch" else (60000,)))
            end = time.monotonic() + SOON
            while step != "greeting" and time.monotonic() < end and not any(
                    c.startswith(("AUTH", "IDLE", "UID")) for c in server.commands()):
                time.sleep(0.01)
            start = time.monotonic()
            self.assertEqual(child.close(), 0, step)
            self.assertLess(time.monotonic() - start, 5)


class ByHand(unittest.TestCase):
    def test_it_says_what_it_is_and_is_not_for(self):
        done = subprocess.run([str(BUILD / "assent-mailbox")], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage: assent-mailbox", done.stderr)


def main():
    global BUILD
    options = argparse.ArgumentParser()
    options.add_argument("--build", type=pathlib.Path, default=BUILD)
    options.add_argument("tests", nargs="*")
    given = options.parse_args()
    BUILD = given.build.resolve()
    result = unittest.main(exit=False, argv=[sys.argv[0], *given.tests]).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad or not result.testsRun else 0)


if __name__ == "__main__":
    main()
