#!/usr/bin/python3
"""Packets by the tool, with assentd up and down: test_escalation.py [--build BUILD]."""
import argparse
import json
import os
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "story"))

from daemon import AGENT, BOB, LENA, SAM, Desk, address  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
OK, FAULTS, USAGE, NOT_FOUND, REFUSED = range(5)
NOBODY = "01010101-0101-7101-8101-010101010101"


class Escalation(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        os.environ["COLUMNS"] = "500"
        self.desk = Desk(str(BUILD))
        self.addCleanup(self.desk.close)
        self.desk.mail(SAM, "Printer", "It costs 640 EUR.", to=BOB, cc=AGENT)
        self.desk.quiet()

    def says(self, status, sentence, *words, given=None):
        done = self.desk.run("escalation", *words, given=given)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(sentence, done.stdout + done.stderr)
        return done.stdout

    def ask(self, *words):
        return self.desk.assent("escalation", *words)

    def story(self):
        made = self.ask("raise", "The printer\x1b needs an owner", "--reason", "missing_data",
                        "--priority", "high", "--ticket", "T-1001", "--entity", "device:7:a",
                        "--missing", "owner", "--missing", "floor", "--due", "3h", "--suggest",
                        "Ask\nBob", "--once-key", "printer", "--step", "order")
        self.assertTrue(made["changed"])
        packet = made["escalation"]
        name = packet["id"]
        self.assertEqual([packet[k] for k in ("title", "organisation", "ticket", "entity", "missing",
                                              "failed_step", "source", "suggest")],
                         ["The printer needs an owner", "northwind", "T-1001",
                          {"type": "device", "id": "7:a"}, ["owner", "floor"], "order", "operator",
                          "Ask\nBob"])
        self.says(OK, "is pending already: it was put to engineer on", "raise", "Again", "--reason",
                  "missing_data", "--once-key", "printer")
        self.says(FAULTS, "did you mean high", "raise", "x", "--reason", "timeout", "--priority", "hihg")
        self.says(FAULTS, "the reason must be a word", "raise", "x")
        self.says(FAULTS, "did you mean timeout?", "raise", "x", "--reason", "timeot")
        self.says(FAULTS, 'no organisation "nortwind"; did you mean northwind?', "raise", "x",
                  "--reason", "timeout", "--organisation", "nortwind")
        self.says(FAULTS, "there is no ticket T-9", "raise", "x", "--reason", "y", "--ticket", "T-9")
        self.says(USAGE, "say what needs a person", "raise")
        self.says(USAGE, "'soon' is no time", "raise", "x", "--reason", "timeout", "--due", "soon")
        body = {"title": "By file", "reason": "timeout", "confidence": 0.5,
                "levels": [{"after_ms": 1, "to": "engineer"}]}
        other = json.loads(self.says(OK, '"changed": true', "raise", "--file", "-", "--json",
                                     given=json.dumps(body)))["escalation"]
        self.assertEqual((other["confidence"], other["levels"]), (0.5, body["levels"]))
        self.says(FAULTS, "there is no member titel; did you mean title?", "raise", "--file", "-",
                  given='{"titel": "x"}')
        self.says(FAULTS, "must be a JSON object: line 1", "raise", "--file", "-", given='{"a"')
        self.says(FAULTS, "must be a JSON object", "raise", "--file", "-", given="[]")
        self.says(FAULTS, "reason must be a text", "raise", "x", "--file", "-", given='{"reason": 7}')

        self.says(OK, "is in_progress.", "assign", name, address(LENA))
        self.says(FAULTS, "is nobody of this desk", "assign", name, "eve@stranger.example")
        self.says(OK, "is in_progress.", "snooze", name[:18], "2h")
        self.says(USAGE, "is no time", "snooze", name, "later")
        self.says(OK, "is in_progress.", "ack", name)
        self.says(OK, "already: operator acknowledged it on", "ack", name)
        self.says(OK, "is resolved.", "resolve", name, "Bob has it", "--notes", "By phone",
                  "--override", "-", given='{"owner": "bob"}')
        self.says(OK, "already: operator resolved it on", "resolve", name, "Once more")
        self.says(REFUSED, "open it again first", "ack", name)
        shown = self.ask("show", name)
        self.assertEqual({k: shown["resolution"][k] for k in ("action", "notes", "override", "by")},
                         {"action": "Bob has it", "notes": "By phone", "override": {"owner": "bob"},
                          "by": "operator"})
        ours = f"(uid {os.getuid()})"
        for event in shown["history"]:
            if event["by"] == "operator":
                self.assertEqual(event["channel"], "console", event)
                self.assertTrue(event["evidence"].startswith("user "), event)
                self.assertIn(ours, event["evidence"])
            else:
                self.assertEqual((event["channel"], event["evidence"]), (None, None), event)
        text = self.says(OK, "Bob has it", "show", name)
        for words in ("Packet:", "device", "  - floor", "high", "History",
                      "resolve", address(SAM)):
            self.assertIn(words, text)
        self.says(OK, "is pending.", "reopen", name)
        self.says(OK, "already", "reopen", name)
        self.says(NOT_FOUND, "there is no such", "ack", NOBODY)
        self.says(NOT_FOUND, "there is no packet", "show", "0101010101"[:8])
        self.says(USAGE, "is not the id of a packet", "show", "x")

        def titles(*words):
            return [e["title"] for e in self.ask("list", *words)]
        both = ["By file", "The printer needs an owner"]
        self.assertEqual(titles(), both)
        for words, count in (("--state open", 2), ("--state resolved", 0), ("--priority high", 1),
                             ("--reason timeout", 1), ("--organisation northwind", 1), ("--rule x", 0),
                             ("--ticket T-1001", 1), ("--overdue", 0), ("--max 1", 1),
                             ("--assignee nobody@brightdesk.example", 0)):
            self.assertEqual(len(titles(*words.split())), count, words)
        self.says(USAGE, "did you mean 'pending'", "list", "--state", "pendin")
        self.says(USAGE, "did you mean 'timeout'", "list", "--reason", "timeot")
        self.assertEqual(titles("--reason", "of_our_own"), [])
        for verb in ("list", "stats"):
            self.says(USAGE, '--organisation: there is no organisation "nortwind"; did you mean '
                      "northwind?", verb, "--organisation", "nortwind")
        os.environ["COLUMNS"] = "80"
        for verb in (("list",), ("show", name), ("stats",)):
            for line in self.says(OK, "", *verb).splitlines():
                if verb[0] != "show":
                    self.assertLessEqual(len(line), 80)
        os.environ["COLUMNS"] = "500"
        stats = self.ask("stats", "--since", "1d")
        self.assertEqual((stats["total"], stats["by_state"]["pending"], stats["by_reason"]),
                         (2, 2, {"missing_data": 1, "timeout": 1}))
        self.assertEqual(self.ask("stats", "--organisation", "northwind")["total"], 1)
        self.says(OK, "missing_data", "stats")
        self.says(USAGE, "--since needs a time", "stats", "--since", "ever")
        self.says(USAGE, "--until needs a time", "stats", "--until", "never")
        self.says(USAGE, "--until must be later", "stats", "--since", "1d", "--until", "2d")
        for words, total in (("--until 1d", 0), ("--since 2d --until 0d", 2),
                             ("--until 2020-01-01", 0), ("--since 2020-01-01", 2),
                             ("--since 2020-01-01T00:00:00Z --until 2099-01-01", 2)):
            self.assertEqual(self.ask("stats", *words.split())["total"], total, words)

    def test_packets_while_assentd_runs(self):
        self.story()
        self.desk.quiet()
        self.desk.check_ledger()

    def test_packets_while_it_does_not(self):
        self.desk.stop()
        self.story()
        self.desk.start()
        self.desk.wait_mail(kind="escalation", to=SAM)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--build", default=str(BUILD), type=pathlib.Path)
    options, rest = arguments.parse_known_args()
    BUILD = options.build
    unittest.main(argv=[sys.argv[0], *rest])
