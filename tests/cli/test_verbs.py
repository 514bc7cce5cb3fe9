#!/usr/bin/python3
"""The verbs that look into a desk and act on it, with assentd up and down: test_verbs.py [--build BUILD]."""
import base64
import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import pty
import re
import socketserver
import subprocess
import sys
import threading
import unicodedata
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "story")]

from cases import build, main  # noqa: E402
from daemon import (AGENT, ANNA, BOB, CARLA, DAY, LENA, MINUTE, SAM, Desk,  # noqa: E402
                    address)

WHOLE = {"COLUMNS": "500"}  # tables as wide as they are
os.environ.update(WHOLE)
OK, FAULTS, USAGE, NOT_FOUND, REFUSED, TEMPORARY = range(6)
NOBODY = "01010101-0101-7101-8101-010101010101"
LARGE = "Please see the list.\n" + "".join(f"row {i} of many, and long\n" for i in range(12000))


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF"
               else 1 for c in text)


def part(text, start, end):
    """What a terminal shows from column start to column end."""
    out, at = "", 0
    for c in text:
        if start <= at and (end is None or at < end):
            out += c
        at += columns(c)
    return out


def table(text):
    """The rows of a table as dicts; the headings say where its columns begin."""
    lines = text.splitlines()
    starts = [m.start() for m in re.finditer(r"(?:(?<=  )|^)\S+(?: \S+)*", lines[0])]
    names = [part(lines[0], a, b).strip() for a, b in zip(starts, starts[1:] + [None])]
    rows = []
    for line in lines[1:]:
        if line.startswith("…"):
            break
        cells = [part(line, a, b) for a, b in zip(starts, starts[1:] + [None])]
        for cell in cells[:-1]:
            assert cell.endswith("  ") or line.endswith(cell), (line, cell)
        rows.append({n: c.strip() for n, c in zip(names, cells)})
    return rows


class Case(unittest.TestCase):
    maxDiff = None

    def says(self, done, status, *sentences):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for sentence in sentences:
            self.assertIn(sentence, done.stdout + done.stderr)


class Looking(Case):
    """One desk with a little of everything, looked at with the daemon up, and again with it down."""

    @classmethod
    def setUpClass(cls):
        cls.desk = desk = Desk(str(build()), change=cls.change)
        cls.addClassCleanup(desk.close)
        request = desk.ask("May we order twelve seats?", subject="Twelve \x1b[31mmore licences")
        desk.go(3 * DAY)
        desk.quiet()
        desk.answer(request, "Approved, thanks")
        desk.quiet()
        cls.receipt = desk.wait_mail(to=ANNA, kind="receipt")
        desk.ask_many("One chair", "二つ目の椅子", "A third chair")
        desk.quiet()
        desk.mail("Eve <eve@stranger.example>", "Hi \u202ethere\x1b]0;x\x07", "who are you")
        cls.large = desk.mail(SAM, "A long list", LARGE, to=BOB, cc=AGENT)
        desk.quiet()
        cls.up = {words: desk.run(*words) for words in cls.every()}
        cls.status_up = desk.assent("status")
        desk.stop()

    @staticmethod
    def change(settings):
        settings["organisations"][1]["name"] = "東京 Foods"

    @classmethod
    def every(cls):
        desk = cls.desk
        approvals = [a["id"] for a in desk.assent("approval", "list")]
        mails = [m["id"] for m in desk.assent("inbound", "list")]
        verbs = [("ticket", "list"), ("ticket", "list", "--status", "waiting"),
                 ("ticket", "show", "T-1001"), ("approval", "list"), ("approval", "list", "--open"),
                 ("inbound", "list"), ("inbound", "list", "--status", "filed"), ("job", "list"),
                 ("ledger", "verify"), ("ledger", "show"), ("ledger", "show", approvals[-1]),
                 ("ledger", "verify", "--receipt", cls.receipt.path)]
        verbs += [("approval", "show", a) for a in approvals]
        verbs += [("inbound", "show", m) for m in mails]
        return [w for v in verbs for w in (v, ("--json", *v))]

    def run_(self, *words, **more):
        return self.desk.run(*words, **more)

    def rows(self, *words):
        done = self.run_(*words)
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        return table(done.stdout)

    def oldest(self):
        return self.desk.assent("approval", "list")[-1]["id"]

    def test_looking_needs_no_daemon(self):
        self.assertGreater(len(self.up), 30)
        for words, up in self.up.items():
            down = self.run_(*words)
            self.assertEqual((down.returncode, down.stdout, down.stderr),
                             (OK, up.stdout, ""), words)

    def test_looking_changes_nothing(self):
        before = self.desk.dump()
        for words in self.up:
            self.run_(*words)
        self.assertEqual(self.desk.dump(), before)

    def test_what_strangers_wrote_commands_no_terminal(self):
        for words, up in self.up.items():
            bad = ("Cc",) if words[0] == "--json" else ("Cc", "Cf", "Cs")
            for c in up.stdout.replace("\n", ""):
                self.assertNotIn(unicodedata.category(c), bad, (words, c))
        self.assertIn("Hi there ]0;x", self.up[("inbound", "list")].stdout)

    def test_json_is_one_value(self):
        for words, up in self.up.items():
            if words[0] == "--json":
                self.assertIsInstance(json.loads(up.stdout), (dict, list), words)

    def test_tickets(self):
        rows = self.rows("ticket", "list")
        self.assertEqual([r["TICKET"] for r in rows],
                         ["T-1005", "T-1004", "T-1003", "T-1002", "T-1001"])
        self.assertEqual(rows[1], {"TICKET": "T-1004", "STATUS": "waiting",
                                   "CUSTOMER": "東京 Foods", "UPDATED": rows[1]["UPDATED"],
                                   "ENGINEER": address(LENA), "TITLE": "A third chair"})
        self.assertRegex(rows[1]["UPDATED"], r"\A2026-11-19 \d\d:\d\d CET\Z")
        self.assertEqual(rows[2]["TITLE"], "二つ目の椅子")
        self.assertEqual([r["TICKET"] for r in self.rows("ticket", "list", "--status", "decided")],
                         ["T-1001"])
        self.says(self.run_("ticket", "list", "--status", "decidd"), USAGE,
                  "--status is never 'decidd'; did you mean 'decided'?")
        self.says(self.run_("ticket", "list", "--status", "zzzzzzz"), USAGE,
                  "it is one of open, waiting, decided")
        ticket = self.desk.assent("ticket", "list")[-1]
        self.assertEqual(set(ticket), {"ticket", "title", "status", "organisation",
                                       "organisation_key", "requester", "engineer", "created",
                                       "updated"})
        self.assertRegex(ticket["created"], r"\A2026-11-16T09:00:\d\d\.\d\d\dZ\Z")

    def test_tables_fit(self):
        verbs = [v for v in self.up if v[0] != "--json" and "list" in v] + [("ticket", "show", "T-1001")]
        for told, width in (("", 100), ("60", 60), ("x", 100), ("140", 140)):
            os.environ["COLUMNS"] = told
            try:
                outs = {v: self.run_(*v).stdout for v in verbs}
            finally:
                os.environ.update(WHOLE)
            for verb, out in outs.items():
                whole = self.run_(*verb).stdout
                if "list" in verb:  # words of a ticket go on below
                    self.assertEqual(out.count("\n"), whole.count("\n"), verb)
                if width >= 100:
                    longest = max(columns(line) for line in out.splitlines())
                    self.assertLessEqual(longest, width, verb)
                # Ids and times are never cut.
                for line in out.splitlines() if "list" in verb else []:
                    self.assertNotIn("…", line.split("  ")[0], verb)
        self.assertIn("…", self.tight("inbound", "list"))

    def tight(self, *words):
        os.environ["COLUMNS"] = "100"
        try:
            return self.run_(*words).stdout
        finally:
            os.environ.update(WHOLE)

    def test_lists_end_where_they_are_told(self):
        done = self.run_("ticket", "list", "--max", "2")
        self.assertEqual([r["TICKET"] for r in table(done.stdout)], ["T-1005", "T-1004"])
        self.assertIn("… and more; --max says how many to show.", done.stdout)
        for n, want in (("5", 5), ("0", 5), ("1", 1)):
            self.assertEqual(len(self.desk.assent("ticket", "list", "--max", n)), want)
        self.assertNotIn("more;", self.run_("ticket", "list", "--max", "5").stdout)
        for n in ("-1", "x", "", "1.5", "9999999"):
            self.says(self.run_("job", "list", "--max", n), USAGE, "--max needs a number")

    def test_a_ticket(self):
        done = self.run_("ticket", "show", "t-1001")
        self.says(done, OK, "Title:      Twelve [31mmore licences", "Customer:   Northwind Tools",
                  "Summary (as it was last shown)", "Sam Okafor <sam@brightdesk.example>",
                  "    Bob needs twelve more CAD licences", "approved",
                  "approval.drafted")
        ticket = self.desk.assent("ticket", "show", "1001")
        self.assertEqual([m["from"] for m in ticket["messages"]][0], address(SAM))
        self.assertEqual([a["state"] for a in ticket["approvals"]], ["approved"])
        self.assertEqual(ticket["events"][0]["kind"], "ticket.opened")
        self.assertEqual(ticket["summary"]["label"], "drafted without AI")
        approval = ticket["approvals"][0]
        self.assertAlmostEqual(approval["turnaround_ms"], 3 * DAY, delta=MINUTE)
        self.assertLess(approval["asked_at"], approval["decided_at"])

    def test_a_ticket_that_is_none(self):
        self.says(self.run_("ticket", "show", "T-9999"), NOT_FOUND, "there is no ticket T-9999")
        self.says(self.run_("ticket", "show", NOBODY), NOT_FOUND, "there is no ticket")
        self.says(self.run_("ticket", "show", "chair"), USAGE,
                  '"chair" is no ticket; write T-1001', "usage: assent")
        done = self.run_("--json", "ticket", "show", "T-9999")
        self.assertEqual(json.loads(done.stderr),
                         {"error": "there is no ticket T-9999", "code": "not-found"})

    def test_approvals(self):
        rows = self.rows("approval", "list")
        self.assertEqual([(r["TICKET"], r["STATE"]) for r in rows],
                         [("T-1002", "sent"), ("T-1003", "sent"), ("T-1004", "sent"),
                          ("T-1001", "approved")])
        self.assertEqual([r["WHEN"] for r in rows[:3]], [rows[0]["WHEN"]] * 3)
        self.assertLess(rows[0]["WHEN"][:10], "2026-11-20")
        self.assertEqual(len(self.rows("approval", "list", "--open")), 3)
        ids = [a["id"] for a in self.desk.assent("approval", "list")]
        for row, whole in zip(rows, ids):
            self.assertGreaterEqual(len(row["APPROVAL"]), 8)
            self.assertTrue(whole.startswith(row["APPROVAL"]))
            found = self.desk.assent("approval", "show", row["APPROVAL"].upper())
            self.assertEqual(found["id"], whole)

    def test_an_approval_that_was_decided(self):
        approval = self.desk.assent("approval", "show", self.oldest())
        decision = approval["decision"]
        self.assertEqual((decision["outcome"], decision["by"], decision["channel"]),
                         ("approved", address(ANNA), "reply"))
        self.assertIn("dkim=pass", decision["evidence"]["vouched"])
        self.assertEqual(decision["evidence"]["words"], "Approved, thanks")
        self.assertEqual(approval["asked"]["approver"], address(ANNA))
        self.assertEqual(len(approval["asked_hash"]), 64)
        mails = [(m["kind"], m["reminder"]) for m in approval["mails"]]
        self.assertEqual(mails[:2], [("request", False), ("request", True)])
        self.assertEqual(sorted(mails[2:]), [("outcome", False), ("receipt", False)])
        self.assertIsNotNone(approval["reminded_at"])
        self.assertIsNone(approval["remind_due"])
        self.says(self.run_("approval", "show", self.oldest()), OK,
                  "What was put to the approver", "Summary beside it", "Evidence",
                  "Sender:      mx.brightdesk.example vouches")

    def test_an_approval_that_waits(self):
        approval = self.desk.assent("approval", "list")[0]
        approval = self.desk.assent("approval", "show", approval["id"])
        self.assertIsNone(approval["decision"])
        self.assertEqual((approval["item"], approval["batch"] is None), (1, False))
        self.assertEqual(approval["expire_due"], approval["deadline"])
        self.assertLess(approval["remind_due"], approval["expire_due"])
        self.assertEqual([m["kind"] for m in approval["mails"]], ["batch"])

    def test_ids_that_are_none(self):
        for verb, thing in (("approval", "an approval"), ("inbound", "a mail")):
            self.says(self.run_(verb, "show", "0123"), USAGE,
                      f"'0123' is not the id of {thing}; write at least its first 8 characters")
            self.says(self.run_(verb, "show", "01010101"), NOT_FOUND,
                      f"there is no {thing.split()[1]} '01010101'")
            self.says(self.run_(verb, "show", NOBODY), NOT_FOUND)
        shared = self.desk.assent("approval", "list")[0]["id"][:13]
        self.says(self.run_("approval", "show", shared), USAGE,
                  f"'{shared}' begins the ids of several approvals; write more of it")

    def test_mail_that_came_in(self):
        rows = self.rows("inbound", "list")
        self.assertEqual(rows[0]["SUBJECT"], "A long list")
        self.assertEqual((rows[1]["STATUS"], rows[1]["FROM"]), ("filed", "eve@stranger.example"))
        self.assertEqual(self.rows("inbound", "list", "--status", "filed"), [
            {**rows[1], "MAIL": rows[1]["MAIL"]}])
        self.assertEqual(self.run_("inbound", "list", "--quarantined").stdout, "none\n")
        self.assertEqual(self.desk.assent("inbound", "list", "--quarantined"), [])
        self.says(self.run_("inbound", "list", "--quarantined", "--status", "new"), USAGE,
                  "exclude each other")
        self.says(self.run_("inbound", "list", "--status", "quarantine"), USAGE,
                  "did you mean 'quarantined'?")

    def test_a_mail_as_it_came(self):
        mails = self.desk.assent("inbound", "list")
        self.assertEqual(len(mails[0]["spool"]), 64)
        self.assertEqual(mails[1]["spool"], "")
        raw = subprocess.run([build() / "assent", "-c", self.desk.file, "inbound", "show",
                              mails[0]["id"], "--raw"], capture_output=True, check=True)
        self.assertEqual(raw.stdout, self.large)
        shown = self.desk.assent("inbound", "show", mails[0]["id"], "--raw")
        self.assertEqual(base64.b64decode(shown["raw_base64"]), self.large)
        self.assertNotIn("raw_base64", self.desk.assent("inbound", "show", mails[0]["id"]))
        raw = subprocess.run([build() / "assent", "-c", self.desk.file, "inbound", "show",
                              mails[1]["id"], "--raw"], capture_output=True, check=True)
        self.assertIn(b"who are you", raw.stdout)
        self.assertIn(b"\x1b", raw.stdout)

    def test_a_terminal_gets_no_raw_bytes(self):
        mail = self.desk.assent("inbound", "list")[1]["id"]
        main, other = pty.openpty()
        with subprocess.Popen([build() / "assent", "-c", self.desk.file, "inbound", "show", mail,
                               "--raw"], stdout=other) as child:
            os.close(other)
            got = b""
            with contextlib.suppress(OSError):
                while more := os.read(main, 65536):
                    got += more
            child.wait(30)
        os.close(main)
        self.assertIn(b"who are you", got)
        self.assertNotIn(b"\x1b", got)

    def test_a_spooled_mail_that_was_changed_is_not_shown(self):
        mail = self.desk.assent("inbound", "list")[0]
        path = pathlib.Path(self.desk.folder, "state", "spool", mail["spool"])
        kept = path.read_bytes()
        path.write_bytes(kept.replace(b"row 7 ", b"row 8 "))
        try:
            self.says(self.run_("inbound", "show", mail["id"], "--raw"), FAULTS,
                      "the mail was changed after it came")
            path.unlink()
            self.says(self.run_("inbound", "show", mail["id"], "--raw"), NOT_FOUND)
        finally:
            path.write_bytes(kept)

    def test_jobs(self):
        rows = self.rows("job", "list")
        self.assertEqual({r["KIND"] for r in rows}, {"remind", "expire", "retention"})
        self.assertEqual([r["DUE"] for r in rows], sorted(r["DUE"] for r in rows))
        job = self.desk.assent("job", "list")[0]
        self.assertEqual(set(job), {"id", "shown", "kind", "lane", "state", "due", "created",
                                    "attempts", "last_error", "serial", "payload"})
        self.assertIsInstance(job["payload"], dict)
        self.assertEqual(self.run_("job", "list", "--dead").stdout, "none\n")

    def test_the_ledger(self):
        done = self.run_("ledger", "verify")
        self.assertRegex(done.stdout, r"\Aledger intact: 5 entries, \d+ values, 0 erased, "
                         r"head 5 [0-9a-f]{64}\n\Z")
        report = self.desk.assent("ledger", "verify")
        self.assertEqual((report["intact"], report["entries"], report["head"]["seq"]),
                         (True, 5, 5))
        entries = self.desk.assent("ledger", "show")
        self.assertEqual([e["kind"] for e in entries], ["asked", "decision"] + 3 * ["asked"])
        self.assertEqual(entries[-1]["hash"], report["head"]["hash"])
        mine = self.desk.assent("ledger", "show", self.oldest()[:8])
        self.assertEqual([e["kind"] for e in mine], ["asked", "decision"])
        self.assertIn({"name": "outcome", "value": "approved"}, mine[1]["fields"])
        self.says(self.run_("ledger", "show", self.oldest()), OK, "  outcome: approved\n")

    def test_a_receipt_is_held_against_the_ledger(self):
        done = self.run_("ledger", "verify", "--receipt", self.receipt.path)
        self.says(done, OK, "receipt genuine: signed by this site at 2026-11-19",
                  "ledger entry 2\n  [T-1001] approved\nledger intact: 5 entries")
        found = self.desk.assent("ledger", "verify", "--receipt", self.receipt.path)["receipt"]
        self.assertEqual((found["genuine"], found["items"]),
                         (True, [{"mark": "[T-1001]", "outcome": "approved"}]))

    def receipt_in(self, text):
        path = pathlib.Path(self.desk.folder, "receipt.eml")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.run_("ledger", "verify", "--receipt", str(path))

    def lines(self):
        return self.receipt.text[self.receipt.text.index("assentd receipt 1"):]

    def test_a_receipt_may_have_travelled(self):
        quoted = "".join(f"> > {line}\n" for line in self.receipt.text.splitlines())
        html = "".join(f"<blockquote>{line}<br></blockquote>" for line in
                       self.lines().splitlines())
        wrapped = "\n".join(re.sub(r"(\S{40})(?=\S)", r"\1\n", line)
                            for line in self.lines().splitlines())
        head = "From: a@b.example\nSubject: Fwd\nMIME-Version: 1.0\n"
        qp = base64.encodebytes(quoted.encode()).decode()
        for mail in (f"{head}\n{quoted}",
                     f"{head}Content-Type: text/html; charset=utf-8\n\n<p>See:</p>{html}",
                     f"{head}Content-Transfer-Encoding: base64\n\n{qp}",
                     f"{head}\n{wrapped}", self.lines()):
            self.says(self.receipt_in(mail), OK, "receipt genuine")

    def test_a_receipt_that_was_changed_is_found_out(self):
        for old, new in (("approved", "rejected"), ("[T-1001]", "[T-1002]"), ("head 2", "head 3")):
            lines = self.lines()
            done = self.receipt_in(f"From: a@b.example\n\n{lines.replace(old, new, 1)}")
            self.says(done, FAULTS, "receipt NOT genuine: its lines do not fit its signature",
                      "ledger intact")
        done = self.receipt_in("From: a@b.example\n\nHello\n")
        self.says(done, NOT_FOUND, "receipt.eml: there is no receipt")
        done = self.receipt_in("From: a@b.example\n\n" + self.lines()[:200])
        self.says(done, FAULTS, "the receipt is cut off: its signature is not whole")
        self.says(self.run_("ledger", "verify", "--receipt", "/nowhere"), NOT_FOUND)

    def test_a_receipt_of_another_site(self):
        other = pathlib.Path(self.desk.folder, "signing.key")
        kept = other.read_text()
        other.write_text("00" * 32 + "\n")
        try:
            self.says(self.run_("ledger", "verify", "--receipt", self.receipt.path), FAULTS,
                      "it is signed with another key than this site's", "ledger intact")
        finally:
            other.write_text(kept)

    def test_status_with_the_daemon_up_and_down(self):
        up, down = self.status_up, self.desk.assent("status")
        self.assertEqual((up["daemon"]["up"], down["daemon"]["up"]), (True, False))
        self.assertIsInstance(up["daemon"]["pid"], int)
        self.assertEqual(up["counts"], down["counts"])
        self.assertEqual(down["counts"]["tickets"], 5)
        self.assertEqual(down["counts"]["approvals_open"], 3)
        self.assertEqual(down["trust"]["sentence"],
                         "replies decide when mx.brightdesk.example vouches for the sender")
        self.assertEqual(up["waiting_for_a_person"], [])
        self.assertTrue(down["clock"]["believed"])
        self.says(self.run_("status"), OK, "assentd:         down", "Waiting for you:",
                  "  - assentd does not run")

    def test_status_says_what_trust_there_is(self):
        wanted = (("none", "default", "decide by token only: no trust source is configured"),
                  ("m365", "default", "replies decide when Microsoft 365 vouches for the sender"),
                  ("m365", "token", "by token, unless Microsoft 365 says that the sender is forged"),
                  ("none", "link", "replies never decide, links do"))
        settings = self.desk.settings
        try:
            for source, level, sentence in wanted:
                self.desk.settings = {**settings, "trust": {"source": source},
                                      "approvals": {"reply_level": level}}
                self.desk.write_settings()
                self.says(self.run_("status"), OK, sentence)
        finally:
            self.desk.settings = settings
            self.desk.write_settings()


class Faults(Case):
    """Databases that are absent, foreign or tampered with; work that was given up."""

    def setUp(self):
        self.desk = Desk(str(build()), started=False)
        self.addCleanup(self.desk.close)

    def database(self):
        return pathlib.Path(self.desk.folder, "state", "assentd.db")

    def test_without_a_database_a_sentence_says_so(self):
        for words in (["status"], ["ticket", "list"], ["ledger", "verify"], ["job", "list"],
                      ["approval", "show", NOBODY], ["clock", "accept"],
                      ["approval", "request", "--ticket", "T-1001"]):
            done = self.desk.run(*words)
            self.says(done, NOT_FOUND, f"there is no database {self.database()} yet; assentd "
                      "makes it when it starts for the first time")
        self.assertFalse(self.database().exists())

    def test_a_file_that_is_no_database(self):
        self.database().parent.mkdir()
        self.database().write_bytes(b"not a database, but long enough to look at" * 100)
        for words in (["status"], ["ledger", "verify"], ["clock", "accept"]):
            self.says(self.desk.run(*words), FAULTS, "not an assentd database")

    def test_settings_come_first(self):
        self.desk.settings["agent"] = {}
        self.desk.write_settings()
        done = self.desk.run("status")
        self.assertEqual(done.returncode, FAULTS)
        self.assertIn("assentd.yaml:", done.stderr)

    def ready(self):
        self.desk.start()
        request = self.desk.ask()
        self.desk.answer(request, "Approved, thanks")
        self.desk.quiet()
        self.desk.stop()
        return self.desk

    def change(self, sql):
        import sqlite3
        with contextlib.closing(sqlite3.connect(self.database())) as db, db:
            db.executescript(sql)

    def test_a_changed_ledger_is_found_out(self):
        desk = self.ready()
        receipt = desk.mails(to=ANNA, kind="receipt")[0].path
        self.change("UPDATE ledger_values SET value = 'rejected' WHERE value = 'approved'")
        done = desk.run("ledger", "verify")
        self.says(done, FAULTS, "ledger NOT intact: entry 2: the value of 'outcome' was changed")
        self.assertEqual(done.stderr, "")
        report = desk.assent("ledger", "verify", status=FAULTS)
        self.assertEqual((report["intact"], report["bad_entry"]), (False, 2))
        self.says(desk.run("ledger", "verify", "--receipt", receipt), FAULTS, "receipt genuine",
                  "ledger NOT intact")
        self.change("DELETE FROM ledger_values WHERE seq = 2; DELETE FROM ledger WHERE seq = 2;"
                    "UPDATE ledger_head SET seq = 1, hash = (SELECT hash FROM ledger)")
        done = desk.run("ledger", "verify", "--receipt", receipt)
        self.says(done, FAULTS, "the ledger does not hold the entry that it names",
                  "ledger intact: 1 entries")

    def test_an_erased_value_is_said_to_be_erased(self):
        desk = self.ready()
        self.change("UPDATE ledger_values SET value = NULL, salt = NULL WHERE seq = 2 AND n = 2")
        self.says(desk.run("ledger", "verify"), OK, " 1 erased, ")
        self.says(desk.run("ledger", "show"), OK, "  approver: (erased)")

    def test_what_waits_for_a_person(self):
        desk = self.ready()
        self.change(
            "UPDATE inbound SET status = 'quarantined', outcome = 'killed the parser 3 times'"
            " WHERE n = 1;"
            "UPDATE outgoing SET status = 'maybe', last_error = 'the line dropped'"
            " WHERE kind = 'request';"
            "INSERT INTO jobs VALUES (x'0102030405067000800000000000000a', 1, 5, 9, 1, '', 'send',"
            " 4, 'no' || char(27) || ' route', '{}', 0)")
        status = desk.assent("status")
        counts = status["counts"]
        self.assertEqual((counts["jobs_dead"], counts["inbound_quarantined"],
                          counts["mails_maybe_sent"]), (1, 1, 1))
        self.assertEqual(len(status["waiting_for_a_person"]), 4)
        rows = table(desk.run("inbound", "list", "--quarantined").stdout)
        self.assertEqual([r["OUTCOME"] for r in rows], ["killed the parser 3 times"])
        approval = desk.assent("approval", "list")[0]["id"]
        self.says(desk.run("approval", "show", approval), OK, "maybe sent", "the line dropped")
        mail = desk.assent("approval", "show", approval)["mails"][0]
        self.assertEqual((mail["status"], mail["fate"]), ("maybe", "maybe sent"))
        rows = table(desk.run("job", "list", "--dead").stdout)
        self.assertEqual([(r["KIND"], r["TRIES"], r["LAST ERROR"]) for r in rows],
                         [("send", "9", "no route")])
        self.says(desk.run("job", "retry", rows[0]["JOB"]), OK, "The job is due again.",
                  "assentd is not running")
        self.says(desk.run("job", "retry", rows[0]["JOB"]), REFUSED, "is not a dead letter")
        self.assertEqual(desk.run("job", "list", "--dead").stdout, "none\n")
        self.says(desk.run("job", "retry", NOBODY), NOT_FOUND, "there is no such job")

    def test_a_clock_that_jumped(self):
        desk = self.ready()
        desk.set_clock(3 * DAY, 0)
        status = desk.assent("status")
        self.assertFalse(status["clock"]["believed"])
        self.assertIn("assent clock accept", " ".join(status["waiting_for_a_person"]))
        self.says(desk.run("clock", "accept"), OK, "The clock is believed: it is 2026-11-19")
        self.assertTrue(desk.assent("status")["clock"]["believed"])
        desk.start()
        self.assertTrue(desk.assent("status")["clock"]["believed"])
        desk.set_clock(3 * DAY, 0)
        self.assertFalse(desk.assent("status")["clock"]["believed"])
        self.assertEqual(desk.assent("clock", "accept"), {"clock": "accepted"})


class Acting(Case):
    """Verbs that write, through the daemon and without it."""

    def setUp(self):
        self.desk = Desk(str(build()))
        self.addCleanup(self.desk.close)
        self.desk.mail(SAM, "Twelve seats", "Bob needs twelve seats.", to=BOB, cc=AGENT)
        self.desk.mail(LENA, "One chair", "Marco needs a chair. It costs 200 EUR.",
                       to="Marco <marco.rossi@harbour-foods.example>", cc=AGENT)
        self.desk.mail(SAM, "Nobody's", "Somebody wants something.", to=AGENT)
        self.desk.quiet()

    def ticket_of(self, title):
        return f"T-{self.desk.one('SELECT ref FROM tickets WHERE title = ?', title)}"

    def story(self, up):
        desk = self.desk
        seats = self.ticket_of("Twelve seats")
        summary = pathlib.Path(desk.folder, "summary.txt")
        summary.write_text("- Twelve seats for the new people\n* Cheap: 5 € each\n")
        done = desk.run("approval", "request", "--ticket", seats, "--question", "Shall we?",
                        "--summary", str(summary))
        self.says(done, OK, f"{address(ANNA)} is asked, from 2026-11-16 10:0")
        self.assertEqual("assentd is not running; it goes on with this when it starts." in
                         done.stdout, not up)
        asked = re.search(r"approval (\S{36})\n", done.stdout)[1]
        if not up:
            self.assertEqual(desk.states(), ["draft"])
            desk.start()
        request = desk.wait_mail(to=ANNA, kind="request")
        self.assertIn("Twelve seats for the new people", request.text)
        self.assertIn("written by operator", request.text)
        self.assertIn("Shall we?", request.text)
        desk.quiet()
        if not up:
            desk.stop()
        self.says(desk.run("approval", "remind", asked[:8]), OK,
                  f"{address(ANNA)} is reminded.")
        self.says(desk.run("approval", "withdraw", asked), OK, "The question is withdrawn.")
        self.says(desk.run("approval", "withdraw", asked), REFUSED, "is withdrawn already")
        self.says(desk.run("approval", "remind", asked), REFUSED, "is withdrawn, not waiting")
        self.says(desk.run("approval", "withdraw", NOBODY), NOT_FOUND, "there is no approval")
        self.assertEqual(desk.states(), ["withdrawn"])
        if not up:
            desk.start()
        desk.wait_mail(to=ANNA, kind="closed")
        desk.quiet()
        self.assertEqual(sorted(m["kind"] for m in desk.assent("approval", "show", asked)["mails"]),
                         ["closed", "outcome", "request", "request"])
        desk.check_mails()
        desk.check_ledger()

    def test_ask_remind_withdraw_through_the_daemon(self):
        self.story(up=True)

    def test_ask_remind_withdraw_without_the_daemon(self):
        self.desk.stop()
        self.story(up=False)

    def test_absences_deputies_and_handing_over(self):
        desk = self.desk
        deputy, elsewhere = "dana@northwind-tools.example", "mallory@evil.example"
        desk.settings["delegates"] = [{"organisation": "northwind", "delegate": deputy,
                                       "name": "Dana Deputy"}]
        desk.write_settings()
        desk.stop()
        desk.start()
        self.says(desk.run("absence", "list"), OK, "none")
        rows = table(desk.run("delegate", "list").stdout)
        self.assertEqual([(r["CUSTOMER"], r["DELEGATE"], r["WHEN"], r["STATE"]) for r in rows],
                         [("northwind", deputy, "absent", "in force")])
        desk.assent("approval", "request", "--ticket", self.ticket_of("Twelve seats"))
        request = desk.wait_mail(to=ANNA, kind="request")
        desk.answer(request, "I am away until 20 November.", quote=False,
                    Auto_Submitted="auto-replied", subject="Automatic reply")
        desk.wait_mail(to=deputy, kind="request")
        desk.quiet()
        rows = table(desk.run("absence", "list").stdout)
        self.assertEqual([(r["PERSON"], r["STATE"]) for r in rows], [(address(ANNA), "away")])
        asked = desk.one("SELECT lower(hex(id)) FROM approvals")
        self.says(desk.run("erase", deputy), OK, "Refused")
        self.says(desk.run("approval", "delegate", asked, elsewhere), FAULTS,
                  "is not within the domains")
        self.says(desk.run("approval", "delegate", asked, deputy), REFUSED, "is asked already")
        self.says(desk.run("approval", "delegate", asked, "bob@northwind-tools.example"), OK)
        desk.wait_mail(to="bob@northwind-tools.example", kind="request")
        self.says(desk.run("absence", "forget", address(ANNA)), OK, "The absence is forgotten.")
        self.says(desk.run("absence", "forget", address(ANNA)), NOT_FOUND, "nobody")
        self.assertEqual(desk.states(), ["sent"])

    def test_several_tickets_become_one_mail_for_each_owner(self):
        chair, seats = self.ticket_of("One chair"), self.ticket_of("Twelve seats")
        self.desk.mail(LENA, "Two chairs", "Marco needs more.",
                       to="Marco <marco.rossi@harbour-foods.example>", cc=AGENT)
        self.desk.quiet()
        asked = self.desk.assent("approval", "request", "--ticket", chair, "--ticket", seats,
                                 "--ticket", self.ticket_of("Two chairs"))["asked"]
        self.assertEqual([(a["owner"], a["count"], "batch" in a) for a in asked],
                         [(address(CARLA), 2, True), (address(ANNA), 1, False)])
        self.desk.wait_mail(to=CARLA, kind="batch")
        self.desk.wait_mail(to=ANNA, kind="request")

    def test_what_cannot_be_asked_is_refused_alike(self):
        desk, nobodys = self.desk, self.ticket_of("Nobody's")
        summary = pathlib.Path(desk.folder, "summary.txt")
        summary.write_bytes(b"\xff\xfe")
        empty = pathlib.Path(desk.folder, "empty.txt")
        empty.write_text(" \n")
        cases = (
            ([], USAGE, "'approval request' needs --ticket"),
            (["--ticket", "T-9999"], NOT_FOUND, "there is no ticket T-9999"),
            (["--ticket", "chair\u202e"], FAULTS, '"chair" is no ticket; write T-1001'),
            (["--ticket", nobodys], FAULTS, "belongs to no customer yet"),
            (["--ticket", "T-1001", "--question", "x" * 600], None, "500"),
            (["--ticket", "T-1001", "--summary", str(summary)], FAULTS, "not UTF-8 text"),
            (["--ticket", "T-1001", "--summary", str(empty)], FAULTS, "the summary is empty"),
            (["--ticket", "T-1001", "--summary", "/nowhere"], NOT_FOUND, "/nowhere"),
        )
        before = desk.dump()
        up = [desk.run("approval", "request", *words) for words, _, _ in cases]
        desk.stop()
        down = [desk.run("approval", "request", *words) for words, _, _ in cases]
        for (words, status, sentence), u, d in zip(cases, up, down):
            self.assertEqual((u.returncode, u.stdout, u.stderr), (d.returncode, d.stdout, d.stderr))
            self.assertIn(sentence, u.stderr, words)
            self.assertEqual(u.stdout, "")
            self.assertEqual(u.returncode, u.returncode if status is None else status, words)
            self.assertNotEqual(u.returncode, OK)
        self.assertEqual(desk.dump(), before)

    def test_a_lock_without_an_answer(self):
        self.desk.stop()
        lock = pathlib.Path(self.desk.folder, "run", "lock")
        with open(lock, "w+", encoding="ascii") as held:
            held.write("4711\n")
            held.flush()
            fcntl.flock(held, fcntl.LOCK_EX)
            done = self.desk.run("clock", "accept")
        self.says(done, TEMPORARY, "assentd is running (pid 4711) but does not answer on "
                  f"{self.desk.folder}/run/control")
        self.says(self.desk.run("clock", "accept"), OK)
        self.assertNotEqual(lock.read_text(encoding="ascii"), "4711\n")

    def test_a_daemon_that_stops_is_waited_for(self):
        self.desk.stop()
        lock = pathlib.Path(self.desk.folder, "run", "lock")
        with open(lock, "w+", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            timer = threading.Timer(0.4, fcntl.flock, (held, fcntl.LOCK_UN))
            timer.start()
            self.says(self.desk.run("clock", "accept"), OK)
            timer.join()

    def test_a_socket_that_nobody_listens_on_is_no_daemon(self):
        self.desk.kill()
        self.assertTrue(os.path.exists(self.desk.folder + "/run/control"))
        self.says(self.desk.run("clock", "accept"), OK)
        self.assertEqual(self.desk.assent("status")["daemon"]["up"], False)

    @unittest.skipIf(os.geteuid(), "only root becomes another user")
    def test_what_root_makes_belongs_to_the_daemon(self):
        self.desk.stop()
        folder = pathlib.Path(self.desk.folder)
        folder.chmod(0o755)
        for path in (folder / "state", *(folder / "state").rglob("*")):
            os.chown(path, 65534, 65534)
        for path in (folder / "run").iterdir():
            path.unlink()
        (folder / "run").rmdir()
        self.says(self.desk.run("approval", "request", "--ticket",
                                self.ticket_of("Twelve seats")), OK)
        for path in (folder / "run", folder / "run" / "lock", *(folder / "state").rglob("*")):
            self.assertEqual(path.stat().st_uid, 65534, path)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.answer
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingUnixStreamServer):
    def get_request(self):
        return self.socket.accept()[0], ("unix", 0)


class Misbehaving(Case):
    """Something answers on the control socket that is not the daemon we know."""

    def test_answers_that_make_no_sense(self):
        desk = Desk(str(build()))
        self.addCleanup(desk.close)
        desk.stop()
        cases = (
            (200, b"hello", "what answers on"),
            (200, b"[]", "what answers on"),
            (404, b"{}", "or another version of it (status 404)"),
            (500, b'{"error": "no"}', "what answers on"),
            (200, b'{"a": "' + b"x" * (9 << 20) + b'"}', "look whether it was done"),
            (0, b"", "look whether it was done before you repeat it"),
            (503, b'{"error": {"code": "full", "message": "disk\\u001b[31m full"}}',
             "assent: disk [31m full\n"),
            (418, b'{"error": {"code": "tea", "message": "I am a teapot"}}', "I am a teapot"),
        )
        path = desk.folder + "/run/control"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with Server(path, Answer) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for status, body, sentence in cases:
                server.answer = status, body
                done = desk.run("clock", "accept")
                self.says(done, TEMPORARY, sentence)
            server.answer = 409, b'{"error": {"code": "conflict", "message": "too late"}}'
            done = desk.run("--json", "clock", "accept")
            self.assertEqual(json.loads(done.stderr), {"error": "too late", "code": "conflict"})
            self.assertEqual(done.returncode, REFUSED)
            server.shutdown()


if __name__ == "__main__":
    main()
