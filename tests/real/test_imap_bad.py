#!/usr/bin/python3
"""assent-mailbox against servers that misbehave: test_imap_bad.py [--build BUILD]."""
import base64
import concurrent.futures
import contextlib
import socket
import ssl
import time
import warnings

from bad_imap import BYE, DRIP, HANG, BadImap, Cut, First, Flood, Say
from imap_cases import MIB, SHORT, SOON, Case, build, letter, main, sanitized
from imap_child import (AFTER, AT_AFTER, AT_CONNECT, AT_FETCH, AT_GREETING, AT_LIST, AT_LOGIN,
                        AT_SELECT, AT_TLS, AT_WAIT, BUSY, CONFLICT, DENIED, FAILED, FETCH,
                        IMPLICIT, INVALID, LIMIT, LIST, MOVE, NEWS, NOBODY, NONE, NOT_FOUND,
                        OPEN, OPENED, PEER, SEEN, STARTTLS, WAIT, XOAUTH2, Child, Failed)


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
            child = Child(build())
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


if __name__ == "__main__":
    main()
