#!/usr/bin/python3
"""Documents by the tool, with assentd up and down: test_document.py [--build BUILD]."""
import pathlib
import sqlite3

from desk_case import FAULTS, NOT_FOUND, OK, T, USAGE, DeskCase, main


class Document(DeskCase):
    def show(self, kind, *more):
        return self.desk.assent("document", "show", T, kind, *more)

    def file(self, text):
        path = pathlib.Path(self.desk.settings["state_dir"]) / "text"
        path.write_text(text)
        return str(path)

    def test_one_is_drafted_shown_and_edited(self):
        self.says(NOT_FOUND, f'no such handoff in "en" is stored; `assent document draft {T} handoff`'
                  " drafts one", "document", "show", T, "handoff")
        self.says(OK, f"{T}: the handoff is being drafted", "document", "draft", T, "handoff")
        self.desk.quiet()
        shown = self.says(OK, "## Problem", "document", "show", T, "handoff", "--usage")
        for word in ("drafted without AI", "current", "Tokens out:", "640"):
            self.assertIn(word, shown)
        # The same again is shown and drafts nothing.
        self.says(OK, "## Problem", "document", "draft", T, "handoff")
        self.assertEqual(self.show("handoff")["revision"], 1)
        self.says(OK, "being drafted", "document", "draft", T, "handoff", "--force")
        self.desk.quiet()
        self.assertEqual(self.show("handoff")["revision"], 2)
        edited = self.says(OK, "It is revision 3.", "document", "edit", T, "handoff", "--file",
                           self.file("Ask Bob.\x1b\u202e"))
        self.assertIn("## Problem", edited)
        mine = self.show("handoff")
        self.assertEqual((mine["text"], mine["author"], mine["label"], mine["provider"]),
                         ("Ask Bob.", "operator", "written by operator", ""))
        self.assertEqual(self.show("handoff", "--revision", "1")["author"], "")
        self.says(OK, "Ask Bob.", "document", "draft", T, "handoff")
        self.says(OK, "being drafted", "document", "draft", T, "notes", "--locale", "de")
        self.desk.quiet()
        self.assertEqual([(d["kind"], d["locale"], d["revision"], d["state"]) for d in
                          self.desk.assent("document", "list", T)],
                         [("handoff", "en", 3, "current"), ("notes", "de", 1, "current")])
        self.says(OK, "written by operator", "document", "list", T)
        self.assertIn("Documents", self.says(OK, "written by operator", "ticket", "show", T))
        self.desk.assent("finding", "add", T, "It is loud")
        self.assertFalse(self.show("handoff")["current"])

    def test_what_was_wanted_while_assentd_was_down_is_drafted_when_it_is_up(self):
        self.desk.stop()
        for _ in range(3):
            self.says(OK, "is being drafted", "document", "draft", T, "handoff")
        self.assertEqual([j["kind"] for j in self.desk.assent("job", "list")
                          if j["kind"] == "document"], ["document"])
        self.says(OK, "It is revision 1.", "document", "edit", T, "notes", "--file",
                  self.file("Mine."))
        self.desk.start()
        self.desk.quiet()
        self.assertEqual(self.show("handoff")["revision"], 1)
        self.assertEqual(self.show("notes")["text"], "Mine.")

    def test_usage_is_summed_up(self):
        self.desk.stop()
        row = "INSERT INTO ai_usage VALUES (?, 'acme', 'openai', 'm', 'notes', 1, 1000, 400, 200, ?)"
        with sqlite3.connect(self.desk.settings["state_dir"] + "/assentd.db") as db:
            day = db.execute("SELECT created / 86400000 FROM tickets").fetchone()[0]
            for ago, micros in ((0, 12345), (1, 5), (40, 7_000_000)):
                db.execute(row, (day - ago, micros))
        rows = self.desk.assent("document", "usage")
        self.assertEqual(rows, [{
            "organisation": "acme", "kind": "notes", "provider": "openai", "model": "m",
            "documents": 2, "input_tokens": 2000, "cached_tokens": 800, "output_tokens": 400,
            "micros": 12350, "cost": "0.0124"}])
        self.says(OK, "7.0124", "document", "usage", "--since", "60d", "--organisation", "acme")
        self.assertEqual(self.desk.assent("document", "usage", "--organisation", "other"), [])

    def test_what_cannot_be_meant(self):
        for words in (("show", T, "poem"), ("draft", T), ("edit", T, "notes"),
                      ("show", T, "notes", "--revision", "0"), ("usage", "--since", "soon")):
            self.assertEqual(self.desk.run("document", *words).returncode, USAGE, words)
        self.says(NOT_FOUND, "there is no ticket T-77", "document", "draft", "T-77", "notes")
        self.says(NOT_FOUND, "there is no ticket T-77", "document", "draft", "T-77", "notes",
                  "--force")
        self.says(FAULTS, "language tag", "document", "draft", T, "notes", "--locale", "d e")
        self.says(FAULTS, "no visible letter", "document", "edit", T, "notes", "--file",
                  self.file("\u200b"))
        self.says(FAULTS, "part by part", "document", "edit", T, "proposal", "--file",
                  self.file("{}"))
        self.says(FAULTS, "longer than 32000 bytes", "document", "edit", T, "notes", "--file",
                  self.file("x" * 32001))


if __name__ == "__main__":
    main()
