#!/usr/bin/env python3
"""What `assent` prints and with which status it ends: test_cli.py [--build BUILD]."""
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from cases import build, main  # noqa: E402

OK, FAULTS, USAGE, NOT_FOUND, REFUSED, TEMPORARY = range(6)


def assent(*words, stdin=b"", env=None):
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run([build() / "assent", *words], input=stdin, capture_output=True,
                          timeout=120, env={**os.environ, "TZ": "UTC", **(env or {})})
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    return done


def jsonl(verb, *rows):
    """Rows in (dicts, or bytes as they are), parsed answers out."""
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in rows]
    done = assent("reply", verb, "--jsonl", stdin=b"\n".join(lines) + b"\n")
    return done, [json.loads(line) for line in done.out.splitlines()]


class Frame(unittest.TestCase):
    def test_no_verb_is_wrong_usage(self):
        done = assent()
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("usage: assent", done.err)
        self.assertEqual(done.out, "")

    def test_help_lists_every_verb_and_the_statuses(self):
        done = assent("-h")
        self.assertEqual(done.returncode, OK)
        for verb in ("init", "config check", "config show", "mail parse", "reply extract",
                     "reply decide"):
            self.assertIn("  " + verb, done.out)
        self.assertIn("Exit status", done.out)

    def test_help_behind_a_verb_is_that_verbs(self):
        done = assent("init", "--help")
        self.assertEqual(done.returncode, OK)
        self.assertIn("--dir DIR", done.out)

    def test_version_is_one_line(self):
        self.assertRegex(assent("-V").out, r"\Aassent \d+\.\d+\.\d+\n\Z")

    def test_wrong_usage_names_what_was_meant(self):
        for words, sentence in (
            (["confg", "check"], "unknown verb 'confg check', did you mean 'config check'?"),
            (["config", "chek"], "unknown verb 'config chek', did you mean 'config check'?"),
            (["inti"], "unknown verb 'inti', did you mean 'init'?"),
            (["config"], "'config' needs one of: check, show"),
            (["config", "juggle"], "unknown verb 'config juggle'; 'config' has: check, show"),
            (["dance"], "unknown verb 'dance'; `assent -h` lists them"),
            (["init", "--dri", "x"], "unknown option '--dri', did you mean '--dir'?"),
            (["init", "--zzzzzzzz"], "unknown option '--zzzzzzzz'"),
            (["init", "--dir"], "--dir needs DIR"),
            (["--json=1", "init"], "--json takes no value"),
            (["mail", "parse"], "'mail parse' needs FILE"),
            (["mail", "parse", "a", "b"], "'b' is one word too many"),
        ):
            done = assent(*words)
            self.assertEqual(done.returncode, USAGE, words)
            self.assertEqual(done.err.splitlines()[0], "assent: " + sentence)

    def test_errors_are_json_too(self):
        done = assent("--json", "dance")
        self.assertEqual(done.returncode, USAGE)
        self.assertEqual(json.loads(done.err)["code"], "invalid")

    def test_lost_output_is_not_success(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([build() / "assent", "config", "show", "--defaults"], stdout=full,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, TEMPORARY)
        self.assertIn(b"could not be written", done.stderr)


class Settings(unittest.TestCase):
    def setUp(self):
        self.temp = tempfile.TemporaryDirectory()
        self.addCleanup(self.temp.cleanup)
        self.dir = pathlib.Path(self.temp.name).resolve()

    def file(self, text, name="s.yaml"):
        path = self.dir / name
        path.write_text(text)
        return str(path)

    def test_init_makes_a_clean_file_and_secret_keys(self):
        made = self.dir / "new" / "etc"
        done = assent("init", "--dir", str(made))
        self.assertEqual((done.returncode, done.err), (OK, ""))
        self.assertIn(f"assent config check {made}/assentd.yaml", done.out)
        for name, mode in (("site.keys", 0o600), ("signing.key", 0o600), ("assentd.yaml", 0o644)):
            self.assertEqual(stat.S_IMODE((made / name).stat().st_mode), mode, name)
        self.assertRegex((made / "site.keys").read_text(), r"\A1 [0-9a-f]{64}\n\Z")
        self.assertRegex((made / "signing.key").read_text(), r"\A[0-9a-f]{64}\n\Z")
        self.assertNotIn((made / "signing.key").read_text().strip(), done.out)
        self.assertEqual(assent("config", "check", str(made / "assentd.yaml")).returncode, OK)

    def test_init_takes_the_folder_of_c(self):
        self.assertEqual(assent("-c", str(self.dir / "assentd.yaml"), "init").returncode, OK)
        self.assertTrue((self.dir / "site.keys").exists())

    def test_init_never_overwrites(self):
        for name in ("site.keys", "signing.key", "assentd.yaml"):
            folder = self.dir / name.replace(".", "-")
            folder.mkdir()
            (folder / name).write_text("mine")
            done = assent("init", "--dir", str(folder))
            self.assertEqual(done.returncode, REFUSED)
            self.assertIn("exists; nothing was written", done.err)
            self.assertEqual([p.name for p in folder.iterdir()], [name])
            self.assertEqual((folder / name).read_text(), "mine")

    def test_two_inits_make_different_keys(self):
        for name in "ab":
            assent("init", "--dir", str(self.dir / name))
        self.assertNotEqual((self.dir / "a/site.keys").read_text(),
                            (self.dir / "b/site.keys").read_text())

    def test_check_shows_all_faults_at_their_places(self):
        path = self.file("agent: {email: desk@help.example}\n"
                         "mailboxes: [{name: in, maildir: in}]\n"
                         "outgoing: {maildir: out}\n"
                         "loacle: en\n"
                         "approvals: {batch_max: 99}\n")
        done = assent("config", "check", path)
        self.assertEqual((done.returncode, done.err), (FAULTS, ""))
        lines = done.out.splitlines()
        self.assertEqual(len(lines), 4)  # the two keys are not there either
        self.assertIn(f"{path}:4:1: unknown key 'loacle' (did you mean 'locale'?)", lines)
        self.assertIn(f"{path}:5:24: approvals.batch_max: '99' is more than 50", lines)
        for line in lines:
            self.assertRegex(line, r"^/.*\.yaml:\d+:\d+: .")

    def test_check_in_json(self):
        done = assent("--json", "config", "check", self.file("colour: red\n"))
        self.assertEqual(done.returncode, FAULTS)
        answer = json.loads(done.out)
        self.assertFalse(answer["ok"])
        self.assertEqual(answer["count"], len(answer["faults"]))
        self.assertIn({"file": str(self.dir / "s.yaml"), "line": 1, "column": 1,
                       "message": "unknown key 'colour'", "meant": None}, answer["faults"])

    def test_check_takes_c_as_well(self):
        assent("init", "--dir", str(self.dir))
        path = str(self.dir / "assentd.yaml")
        done = assent("config", "check", "-c", path, "--json")
        self.assertEqual(done.returncode, OK)
        self.assertEqual(json.loads(done.out), {"ok": True, "file": path, "faults": []})

    def test_a_file_that_is_not_there(self):
        done = assent("config", "check", str(self.dir / "none.yaml"))
        self.assertEqual(done.returncode, NOT_FOUND)
        self.assertIn("none.yaml", done.err)

    def test_a_sites_broken_template_is_found(self):
        assent("init", "--dir", str(self.dir))
        folder = self.dir / "site" / "mail-templates" / "en"
        folder.mkdir(parents=True)
        (folder / "request.txt").write_text("Subject: x\n\n{{#open}}never closed\n")
        path = self.dir / "assentd.yaml"
        path.write_text(path.read_text().replace('#site_dir: ""', "site_dir: site"))
        done = assent("config", "check", str(path))
        self.assertEqual(done.returncode, FAULTS)
        self.assertIn("request.txt", done.out)

    def test_show_prints_no_secret(self):
        assent("init", "--dir", str(self.dir))
        path = str(self.dir / "assentd.yaml")
        for words in (["config", "show"], ["--json", "config", "show"]):
            done = assent("-c", path, *words)
            self.assertEqual(done.returncode, OK)
            for name in ("site.keys", "signing.key"):
                self.assertIn(name, done.out)
                secret = (self.dir / name).read_text().split()[-1]
                self.assertNotIn(secret, done.out)
        self.assertEqual(json.loads(done.out)["jobs"]["attempts"], 12)

    def test_show_of_a_faulty_file_tells_the_faults_as_errors(self):
        done = assent("-c", self.file("colour: red\n"), "config", "show")
        self.assertEqual((done.returncode, done.out), (FAULTS, ""))
        self.assertIn(":1:1: unknown key 'colour'", done.err)

    def test_defaults_need_no_file(self):
        done = assent("config", "show", "--defaults")
        self.assertEqual(done.returncode, OK)
        self.assertIn("send_delay: 60s", done.out)
        rows = json.loads(assent("--json", "config", "show", "--defaults").out)
        self.assertIn("http.listen", [row["key"] for row in rows])
        for row in rows:
            self.assertEqual(row["required"], row["default"] is None)
            self.assertTrue(row["help"].endswith("."), row["key"])

    def test_the_manual_is_the_committed_one(self):
        done = assent("config", "show", "--man")
        self.assertEqual(done.out, (ROOT / "docs/man/assentd.yaml.5").read_text())


class Manual(unittest.TestCase):
    def test_assent_1_names_every_verb(self):
        page = (ROOT / "docs/man/assent.1").read_text()
        verbs = re.findall(r"^  ([a-z]+(?: [a-z]+)?)(?: |$)", assent("-h").out.split("Options:")[0],
                           re.M)
        self.assertGreaterEqual(len(verbs), 6)
        for verb in verbs:
            self.assertIn(f"\n.It Cm {verb}", page)


MAIL = ("From: =?UTF-8?Q?J=C3=B6rg?= <joerg@acme.example>\r\n"
        "To: Desk <desk@help.example>, x@help.example\r\n"
        "Cc: boss@acme.example\r\n"
        "Subject: =?UTF-8?Q?Re:_N=C3=A4chste?=\r\n"
        "Date: Sat, 21 Nov 2026 09:30:00 +0100\r\n"
        "Message-ID: <a@acme.example>\r\n"
        "In-Reply-To: <b@help.example>\r\n"
        "References: <c@help.example> <b@help.example>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "\r\n"
        "Approved, go ahead.\r\n"
        "\r\n"
        "On Fri, 20 Nov 2026 at 10:00, Desk <desk@help.example> wrote:\r\n"
        "> Please decide.\r\n"
        "> approved\r\n")


class Mail(unittest.TestCase):
    def test_a_mail_becomes_one_object(self):
        with tempfile.NamedTemporaryFile(suffix=".eml") as mail:
            mail.write(MAIL.encode())
            mail.flush()
            done = assent("mail", "parse", mail.name)
        self.assertEqual((done.returncode, done.err), (OK, ""))
        letter = json.loads(done.out)
        self.assertEqual(letter["subject"], "Re: Nächste")
        self.assertEqual(letter["from"], [{"name": "Jörg", "email": "joerg@acme.example"}])
        self.assertEqual([a["email"] for a in letter["to"]],
                         ["desk@help.example", "x@help.example"])
        self.assertEqual([a["email"] for a in letter["cc"]], ["boss@acme.example"])
        self.assertEqual(letter["date"], "2026-11-21T08:30:00.000Z")
        self.assertEqual(letter["message_id"], "a@acme.example")
        self.assertEqual(letter["in_reply_to"], ["b@help.example"])
        self.assertEqual(letter["references"], ["c@help.example", "b@help.example"])
        self.assertIn("Please decide", letter["text"])
        self.assertEqual(letter["reply"], "Approved, go ahead.")
        self.assertEqual(letter["attachments"], [])
        self.assertEqual(letter["auto_submitted"], "no")
        self.assertEqual(letter["auth_results"], [])
        self.assertIn("html_text", letter)

    def test_standard_input_is_a_file_too(self):
        done = assent("mail", "parse", "-", stdin=MAIL)
        self.assertEqual(json.loads(done.out)["message_id"], "a@acme.example")

    def test_a_file_that_is_not_there(self):
        self.assertEqual(assent("mail", "parse", "/nowhere.eml").returncode, NOT_FOUND)


class Reply(unittest.TestCase):
    def test_extract_takes_the_three_kinds(self):
        done, answers = jsonl(
            "extract",
            {"id": 1, "kind": "plain", "input": "Yes.\n\n> quoted"},
            {"id": "h", "kind": "html", "input": "<p>Yes &amp; go</p><blockquote>no</blockquote>"},
            {"id": 3, "kind": "eml", "input": MAIL})
        self.assertEqual(done.returncode, OK)
        self.assertEqual([a["id"] for a in answers], [1, "h", 3])
        self.assertEqual(answers[0], {"id": 1, "text": "Yes."})
        self.assertTrue(answers[1]["text"].startswith("Yes & go"))
        self.assertEqual(answers[2]["text"], "Approved, go ahead.")

    def test_decide_answers_per_item(self):
        done, answers = jsonl("decide", {"id": 1, "text": "approved", "items": 1},
                              {"id": 2, "text": "no", "items": 3},
                              {"id": 3, "text": "what does it cost?"})
        self.assertEqual(done.returncode, OK)
        self.assertEqual(answers[0]["items"], [{"decision": "approve"}])
        self.assertEqual(answers[1]["items"], [{"decision": "reject"}] * 3)
        self.assertEqual(answers[2]["items"], [{"decision": "unclear"}])
        for answer in answers:
            self.assertEqual(set(answer), {"id", "items", "comment", "reason"})

    def test_a_bad_line_is_told_and_the_rest_goes_on(self):
        good = {"id": "good", "kind": "plain", "input": "Yes."}
        bad = [(b"not json", None), (b"[1]", None), (b"{\"id\":1,\"id\":2}", None),
               (b"{\"id\": 7, \"kind\": \"plain\", \"input\": \"a\\u0000b\"}", None),
               (b"\xff\xfe", None), ({"id": 8, "kind": "fax", "input": "x"}, 8),
               ({"id": 9, "kind": "plain"}, 9), ({"id": 10, "kind": "plain", "input": 5}, 10)]
        done, answers = jsonl("extract", *[row for row, _ in bad], b"", good)
        self.assertEqual(done.returncode, FAULTS)
        self.assertEqual(len(answers), len(bad) + 1)
        for answer, (_, want) in zip(answers, bad):
            self.assertEqual(answer["id"], want)
            self.assertEqual(set(answer), {"id", "error"})
            self.assertTrue(answer["error"])
        self.assertEqual(answers[-1], {"id": "good", "text": "Yes."})

    def test_items_are_within_bounds(self):
        for items in (0, -1, 101, 1.5, "2", True, None):
            _, answers = jsonl("decide", {"id": 1, "text": "ok", "items": items})
            self.assertIn("'items'", answers[0]["error"], items)

    def test_the_last_line_needs_no_newline(self):
        done = assent("reply", "extract", "--jsonl",
                      stdin='{"id":1,"kind":"plain","input":"Yes."}')
        self.assertEqual(json.loads(done.out)["text"], "Yes.")

    def test_no_line_is_no_answer(self):
        done = assent("reply", "decide", "--jsonl")
        self.assertEqual((done.returncode, done.out), (OK, ""))

    def test_answers_come_while_the_input_is_open(self):
        with subprocess.Popen([build() / "assent", "reply", "extract", "--jsonl"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            for i in range(3):
                child.stdin.write(b'{"id":%d,"kind":"plain","input":"Yes."}\n' % i)
                child.stdin.flush()
                self.assertEqual(json.loads(child.stdout.readline())["id"], i)
            child.stdin.close()
            self.assertEqual(child.wait(60), OK)

    def test_no_settings_are_needed(self):
        done = assent("-c", "/nowhere.yaml", "reply", "decide", "--jsonl",
                      stdin='{"id":1,"text":"approved"}\n')
        self.assertEqual(done.returncode, OK)

    def test_long_lines_and_many_lines(self):
        rows = [{"id": i, "kind": "plain", "input": "Yes %d.\n> old" % i} for i in range(3000)]
        rows.append({"id": "long", "kind": "plain", "input": "Yes.\n" + "> old\n" * 60000})
        start = time.monotonic()
        done, answers = jsonl("extract", *rows)
        print(f"# {len(rows)} lines in {time.monotonic() - start:.2f} s", file=sys.stderr)
        self.assertEqual(done.returncode, OK)
        self.assertEqual([a["id"] for a in answers], [r["id"] for r in rows])
        self.assertEqual(answers[2999]["text"], "Yes 2999.")
        self.assertEqual(answers[-1]["text"], "Yes.")

    def test_people_may_type(self):
        done = assent("reply", "extract", stdin="Yes.\n\n> quoted\n")
        self.assertEqual((done.returncode, done.out), (OK, "Yes.\n"))
        done = assent("reply", "decide", "--items", "2", stdin="approved\n")
        self.assertEqual(done.out.splitlines()[:2], ["1: approve", "2: approve"])


if __name__ == "__main__":
    main()
