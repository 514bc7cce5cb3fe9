#!/usr/bin/python3
"""Findings, fixes and tasks by the tool, with assentd up and down: test_memory.py [--build BUILD]."""
import json
import os
import sqlite3

from desk_case import FAULTS, NOT_FOUND, OK, REFUSED, T, USAGE, DeskCase, main


class Memory(DeskCase):
    def listed(self, *words):
        return self.desk.assent(*words, "list", T)

    def story(self):
        self.says(OK, "Finding 1 is standing.", "finding", "add", T, "The rollers\x1b are worn",
                  "--kind", "check", "--source", "self test")
        self.says(OK, "Finding 1 is standing.", "finding", "add", "1001", "The rollers are worn",
                  "--kind", "check", "--source", "self test")
        self.says(OK, "Finding 2 is standing.", "finding", "add", T, "It is loud")
        self.says(OK, "Finding 2 is removed.", "finding", "remove", T, "2")
        self.says(REFUSED, "finding 2 was removed by operator before", "finding", "remove", T, "2")
        self.says(NOT_FOUND, "this ticket has no finding 7", "finding", "remove", T, "7")
        self.assertEqual([(f["n"], f["kind"], f["text"], f["source"], f["state"])
                          for f in self.listed("finding")],
                         [(1, "check", "The rollers are worn", "self test", "standing")])
        self.assertEqual([f["n"] for f in self.desk.assent("finding", "list", T, "--all")], [1, 2])
        self.says(OK, "It is loud", "finding", "list", T, "--all")

        self.says(OK, "Fix 1 is active.", "fix", "add", T, "Clean it", "--confidence", "80",
                  "--description", "With a cloth")
        self.says(OK, "Fix 2 is active.", "fix", "add", T, "Replace it")
        self.says(REFUSED, "fix 1 is superseded already", "fix", "decide", T, "1", "dismissed")
        self.says(OK, "Fix 2 is one_off.", "fix", "decide", T, "2", "one_off")
        self.says(OK, "Fix 2 is one_off.", "fix", "decide", T, "2", "one_off")
        self.says(FAULTS, "the decision must be", "fix", "decide", T, "2", "perhaps")
        self.assertEqual([(f["title"], f["description"], f["confidence"], f["state"])
                          for f in self.listed("fix")],
                         [("Clean it", "With a cloth", 80, "superseded"),
                          ("Replace it", "", 50, "one_off")])
        self.says(OK, "Replace it", "fix", "list", T)

        self.says(OK, "Task 1 is open.", "task", "add", T, "Which model?")
        self.says(OK, "Task 2 is open.", "task", "add", T, "Call them")
        self.says(OK, "Task 1 is open.", "task", "answer", T, "1", "An old one", "--part")
        self.says(OK, "Task 1 is answered.", "task", "answer", T, "1")
        self.says(REFUSED, "open it again first", "task", "skip", T, "1")
        self.says(OK, "Task 1 is open.", "task", "open", T, "1")
        self.says(OK, "Task 1 is open.", "task", "edit", T, "1", "Which model is it?")
        self.says(OK, "Task 1 is skipped.", "task", "skip", T, "1", "nobody knows")
        self.says(OK, "Task 2 is answered.", "task", "answer", T, "2")
        self.says(REFUSED, "task 2 is answered", "task", "dismiss", T, "2")
        self.assertEqual([(t["kind"], t["text"], t["answer"], t["state"], t["moved_by"])
                          for t in self.listed("task")],
                         [("question", "Which model is it?", "nobody knows", "skipped", "operator"),
                          ("action", "Call them", "", "answered", "operator")])
        self.says(OK, "nobody knows", "task", "list", T)
        shown = self.says(OK, "Findings", "ticket", "show", T)
        for word in ("The rollers are worn", "Replace it", "one_off", "nobody knows"):
            self.assertIn(word, shown)
        self.assertEqual({k: len(self.desk.assent("ticket", "show", T)[k])
                          for k in ("findings", "fixes", "tasks")},
                         {"findings": 2, "fixes": 2, "tasks": 2})

    def test_long_texts_are_whole_in_a_narrow_terminal(self):
        text = " ".join(f"The rollers of tray {i} are worn" for i in range(20))
        self.desk.assent("finding", "add", T, text)
        self.desk.assent("task", "add", T, text + "?")
        self.desk.assent("task", "answer", T, "1", "Not yet. " * 30, "--part")
        self.desk.assent("ticket", "pause", T, "--spent", "90m")
        self.desk.quiet()
        os.environ["COLUMNS"] = "80"
        self.addCleanup(os.environ.update, COLUMNS="500")
        for words in (("finding", "list"), ("task", "list"), ("ticket", "show"),
                      ("document", "list"), ("ticket", "resume")):
            shown = self.says(OK, "", *words, T)
            self.assertLessEqual(max(map(len, shown.splitlines())), 80, shown)
            if words[0] != "document" and words[1] != "resume":
                self.assertIn(text, " ".join(shown.split()))
        shown = self.says(OK, "open", "ticket", "show", T)
        for word in ("Time spent:   1 h 30 min", "Last act by:  operator", "open → paused",
                     "Answer: Not yet. Not yet."):
            self.assertIn(word, shown)

    def test_with_the_daemon(self):
        self.story()

    def test_without_it(self):
        self.desk.stop()
        self.story()

    def test_json_is_what_was_made(self):
        made = self.desk.assent("task", "add", T, "Who?")
        self.assertEqual((made["n"], made["state"]), (1, "open"))
        row = self.listed("task")[0]
        self.assertEqual((row["id"], row["moved"], row["moved_by"]), (made["id"], None, None))
        done = self.desk.run("--json", "fix", "decide", T, "1", "dismissed")
        self.assertEqual((done.returncode, json.loads(done.stderr)["code"]), (NOT_FOUND, "not-found"))

    def test_a_model_s_is_accepted_with_other_words(self):
        self.desk.stop()
        with sqlite3.connect(self.desk.settings["state_dir"] + "/assentd.db") as db:
            db.execute("INSERT INTO fixes SELECT id, id, 1, 'Burn it', '', 90, 'model', 'proposed',"
                       " created, 0, '' FROM tickets")
            db.execute("INSERT INTO tasks SELECT id, id, 1, 'action', 'Call', '', 'model',"
                       " 'proposed', created, 0, '' FROM tickets")
        self.says(REFUSED, "accept it first", "fix", "decide", T, "1", "one_off")
        self.says(REFUSED, "accept it first", "task", "answer", T, "1", "done")
        self.says(OK, "Fix 1 is active.", "fix", "decide", T, "1", "accepted", "--title", "Clean it",
                  "--confidence", "20")
        self.assertEqual([(f["title"], f["confidence"], f["author"], f["moved_by"])
                          for f in self.listed("fix")], [("Clean it", 20, "model", "operator")])
        self.says(OK, "Task 1 is dismissed.", "task", "dismiss", T, "1")

    def test_what_cannot_be_meant(self):
        for words in (("finding", "add", T), ("finding", "add", T, "x", "--kind", "rumour"),
                      ("fix", "add", T, "x", "--confidence", "101"), ("task", "answer", T),
                      ("fix", "add", T, "x", "--confidence", "much"),
                      ("task", "answer", T, "1", "--part"), ("task", "edit", T, "1"),
                      ("task", "add", T, "x", "--kind", "wish")):
            self.assertEqual(self.desk.run(*words).returncode, USAGE, words)
        self.says(NOT_FOUND, "there is no ticket T-77", "finding", "list", "T-77")
        self.says(NOT_FOUND, "there is no ticket T-77", "task", "add", "T-77", "x")
        self.says(FAULTS, "is no ticket", "fix", "list", "printer")
        self.says(FAULTS, "no visible letter", "finding", "add", T, "\u200b")
        self.says(FAULTS, "longer than 2000 bytes", "task", "add", T, "x" * 2001)


if __name__ == "__main__":
    main()
