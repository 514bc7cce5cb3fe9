#!/usr/bin/python3
"""assent-mailbox against a real Dovecot: test_imap_child.py [--build BUILD]."""
import contextlib
import os
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import ca
from bad_imap import BadImap
from dovecot import Dovecot
from imap_cases import MIB, SOON, Case, build, landlock, letter, main, sanitized
from imap_child import (AFTER, AT_AFTER, AT_CONNECT, AT_FETCH, AT_LIST, AT_LOGIN, AT_SELECT,
                        AT_TLS, AT_WAIT, BREAK, CONFLICT, DENIED, END, FETCH, HEADER, IMPLICIT,
                        INVALID, LIMIT, MOVE, NEWS, NONE, NOT_FOUND, OK, PEER, SEEN, STARTTLS,
                        WAIT, XOAUTH2)


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


class ByHand(unittest.TestCase):
    def test_it_says_what_it_is_and_is_not_for(self):
        done = subprocess.run([str(build() / "assent-mailbox")], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage: assent-mailbox", done.stderr)


if __name__ == "__main__":
    main()
