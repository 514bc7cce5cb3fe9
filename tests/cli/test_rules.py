#!/usr/bin/env python3
"""`assent rules …` on folders, without a database: test_rules.py [--build BUILD]."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
OK, FAULTS, USAGE, NOT_FOUND = range(4)
GOOD = """facts:
  seats: {type: number, unit: seats, default: 1, help: how many}
rules:
  - id: many
    title: {en: Many seats, de: Viele Plätze}
    when: seats > 10
    to: owner
    due: 90m
    levels: [{after: 2h, to: admin, repeat: 30m}]
    tests:
      - facts: {seats: 11}
        expect: true
      - facts: {}
        expect: false
"""


def assent(*words):
    done = subprocess.run([BUILD / "assent", *map(str, words)], capture_output=True, timeout=60,
                          env={**os.environ, "TZ": "UTC", "COLUMNS": "100"})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    return done


class Rules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.site = pathlib.Path(folder.name)
        (self.site / "rules").mkdir()
        self.put(GOOD)

    def put(self, text):
        (self.site / "rules" / "own.yaml").write_text(text)

    def test_what_ships_and_what_is_added_is_clean(self):
        for folder in (self.site, self.site / "rules", f"{self.site}/rules/"):
            done = assent("rules", "check", folder)
            self.assertEqual((done.returncode, done.err), (OK, ""))
            self.assertRegex(done.out, r"\A\d+ rules, no faults\n\Z")
        answer = json.loads(assent("--json", "rules", "check", self.site).out)
        self.assertEqual((answer["ok"], answer["faults"]), (True, []))
        self.assertRegex(answer["hash"], r"\A[0-9a-f]{64}\Z")

    def test_a_fault_is_told_at_its_place(self):
        self.put(GOOD.replace("seats > 10", "seat > 10"))
        done = assent("rules", "check", self.site)
        self.assertEqual(done.returncode, FAULTS)
        self.assertEqual(done.out, f"{self.site}/rules/own.yaml:6:11: many: when: unknown fact "
                                   "'seat' (did you mean 'seats'?)\n")
        answer = json.loads(assent("--json", "rules", "check", self.site).out)
        self.assertFalse(answer["ok"])
        self.assertEqual([answer["faults"][0][k] for k in ("file", "line", "column", "meant")],
                         ["rules/own.yaml", 6, 11, "seats"])

    def test_a_text_that_a_comma_cut_is_told_to_be_quoted(self):
        title = "title: {en: Many seats, de: Viele Plätze}"
        for texts, found in (("{en: Above 100,000 SAR, de: Viel}",
                              ":5:27: many: title: '000 SAR' is no locale such as en or ar; within { } a "
                              "comma ends a text, so one that has a comma is put in quotes\n"),
                             ("{en: Many, de: }", ":5:27: many: title: expected one line of text, "
                                                  "found nothing\n")):
            self.put(GOOD.replace(title, "title: " + texts))
            self.assertEqual(assent("rules", "check", self.site).out,
                             f"{self.site}/rules/own.yaml{found}")
        self.put(GOOD.replace(title, 'title: {en: "Above 100,000 SAR", de: Viel}'))
        self.assertEqual(assent("rules", "check", self.site).returncode, OK)

    def test_constant_conditions_are_seen_as_far_as_the_documentation_says(self):
        documented = " ".join((ROOT / "docs" / "RULES.md").read_text().split())
        seen, unseen = documented.split("as far as it is seen.")[1].split("Not seen is")
        for part, fault, whens in (
                (seen, "can never hold", ("status = 'open' and status = 'waiting'",
                                          "messages between 5 and 1", "owner_away and not owner_away")),
                (seen, "always holds", ("title is null or title is not null",)),
                (seen, "reads no fact", ("1 = 1",)),
                (unseen, "9 rules, no faults", (
                    "messages > 5 or messages <= 5", "messages < 0", "title like '%'",
                    "coalesce(reminders, 0) >= 0 or coalesce(reminders, 0) < 0",
                    "messages > 5 and messages * 2 < 3",
                    "hours_since(created) > 50 and days_since(created) < 2"))):
            for when in whens:
                self.assertIn(f"`{when}`", part)
                self.put("rules:\n  - id: one\n    title: {en: One}\n    to: owner\n"
                         f"    when: {when}\n")
                self.assertIn(fault, assent("rules", "check", self.site).out, when)

    def test_a_fault_in_what_ships_says_that_it_is_built_in(self):
        (self.site / "rules" / "a.yaml").write_text(GOOD.replace("seats", "deal_value"))
        lines = assent("rules", "check", self.site).out.splitlines()
        self.assertTrue(any(line.startswith("rules/desk.yaml:") and "is declared twice; " in line
                            and "(this file is built in; " in line for line in lines), lines)

    def test_the_rule_of_the_documentation_is_one(self):
        documented = (ROOT / "docs" / "RULES.md").read_text()
        sample = re.search(r"\n\n((?:    .*\n|\n)+)", documented)[1]
        self.put(textwrap.dedent(sample))
        done = assent("rules", "check", self.site)
        self.assertEqual((done.returncode, done.out), (OK, "9 rules, no faults\n"))
        self.assertIn("large_order, test 1 at rules/own.yaml:", assent("rules", "test", self.site).out)

    def test_a_rule_may_ask_remind_notify_and_close(self):
        plain = GOOD.replace("    due: 90m\n    levels: [{after: 2h, to: admin, repeat: 30m}]\n", "")
        for then, to, words in (
                ("request_approval\n    ask: {en: May we buy them?}", "", "May we buy them?"),
                ("remind", "", "once per    approval"), ("notify", "    to: owner\n", "notify, to owner"),
                ("close\n    withdraw: true", "", "close, and withdraw an open question")):
            self.put(plain.replace("    to: owner\n", f"{to}    then: {then}\n"))
            self.assertEqual(assent("rules", "check", self.site).out, "9 rules, no faults\n", then)
            self.assertIn(words, assent("rules", "show", "many", "--dir", self.site).out)
            self.assertIn("ok ", assent("rules", "test", self.site).out)

    def test_keys_that_mean_nothing_are_refused_at_their_place(self):
        self.put(GOOD + "    then: notify\n")
        done = assent("rules", "check", self.site)
        self.assertEqual(done.returncode, FAULTS)
        self.assertIn("own.yaml:8:10: many: due: means nothing with then: notify, only with escalate",
                      done.out)
        self.assertIn("own.yaml:9:13: many: levels: means nothing with then: notify", done.out)

    def test_a_folder_without_rules_is_named(self):
        done = assent("rules", "check", self.site / "nowhere")
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertIn("has no folder rules/", done.err)

    def test_tests_are_tap(self):
        done = assent("rules", "test", self.site)
        self.assertEqual((done.returncode, done.err), (OK, ""))
        lines = done.out.splitlines()
        self.assertEqual(lines[0], "TAP version 13")
        self.assertEqual(lines[-1], f"1..{len(lines) - 2}")
        self.assertTrue(all(line.startswith("ok ") for line in lines[1:-1]))
        self.assertIn("many, test 1 at rules/own.yaml:11", done.out)

    def test_a_failing_test_is_the_exit_status(self):
        self.put(GOOD.replace("seats: 11", "seats: 9"))
        done = assent("rules", "test", self.site)
        self.assertEqual(done.returncode, FAULTS)
        self.assertRegex(done.out, r"\nnot ok \d+ - many, test 1 at rules/own.yaml:11\n"
                                   r"  # rules/own.yaml:11:9: expected true, found false\n")
        done = assent("--json", "rules", "test", self.site)
        answer = json.loads(done.out)
        self.assertEqual((done.returncode, answer["ok"], answer["failed"]), (FAULTS, False, 1))
        self.assertEqual([t["rule"] for t in answer["tests"] if not t["passed"]], ["many"])
        self.assertEqual(answer["passed"], len(answer["tests"]) - 1)

    def test_files_with_faults_are_not_tested(self):
        self.put("rules: 5\n")
        done = assent("rules", "test", self.site)
        self.assertEqual(done.returncode, FAULTS)
        self.assertRegex(done.out, r"\ATAP version 13\nBail out! The rules cannot be tested; .*\n\Z")
        self.assertEqual(assent("--json", "rules", "test", self.site).out, "")
        self.assertIn("rules/own.yaml:1:8: rules: expected a list", done.err)

    def test_facts_are_the_built_in_ones_and_the_sites(self):
        facts = {f["name"]: f for f in json.loads(assent("--json", "rules", "facts",
                                                         self.site).out)}
        own = facts["seats"]
        self.assertEqual([own[k] for k in ("type", "unit", "help", "built_in", "default")],
                         ["number", "seats", "how many", False, 1.0])
        self.assertTrue(facts["status"]["built_in"])
        self.assertIn("resolved", facts["status"]["words"].split())
        shown = assent("rules", "facts", self.site).out
        self.assertRegex(shown, r"(?m)^seats +number, seats +how many")
        documented = (ROOT / "docs" / "RULES.md").read_text()
        for name, fact in facts.items():
            if fact["built_in"]:
                self.assertIn(f"| `{name}` |", documented)

    def test_a_rule_is_shown_as_it_was_understood(self):
        done = assent("rules", "show", "many", "--dir", self.site)
        self.assertEqual(done.returncode, OK)
        for words in ("rules/own.yaml:4", "Viele Plätze", "seats > 10", "due in 1 h 30 min",
                      "after 2 h 0 min, to admin, again every 30 min", "once per    ticket"):
            self.assertIn(words, done.out)
        rule = json.loads(assent("--json", "rules", "show", "many", "--dir", self.site).out)
        self.assertEqual((rule["facts"], rule["levels"]),
                         (["seats"], [{"after_ms": 7200000, "to": "admin", "repeat_ms": 1800000}]))
        self.assertIn("\nmany ", assent("rules", "show", "--dir", self.site).out)

    def test_an_unknown_rule_has_a_neighbour(self):
        done = assent("rules", "show", "manny", "--dir", self.site)
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertIn("there is no rule manny; did you mean many?", done.err)


def main():
    global BUILD
    options = argparse.ArgumentParser(description=__doc__)
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
