#!/usr/bin/env python3
"""The documents say what is there: test_docs.py [--build BUILD].

Files, links, make targets, functions, tests, packages, verbs and settings that
README.md and docs/*.md name must exist.
"""
import glob
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from cases import build, main  # noqa: E402

OURS = "README.md", "docs/ARCHITECTURE.md", "docs/SECURITY.md"
PATH = re.compile(r"`((?:src|include|tests|contrib|docs|web|mail-templates|\.ci)/[\w./-]*)`")
NAME = re.compile(r"^[a-z]\w*$")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def words_of(text):
    return set(re.findall(r"\w+", text))


class Docs(unittest.TestCase):
    def test_files_exist(self):
        for doc in OURS:
            for path in PATH.findall(read(doc)):
                self.assertTrue((ROOT / path).exists(), f"{doc} names {path}")

    def test_links_lead_somewhere(self):
        for doc in [*OURS, "docs/TEMPLATES.md", "docs/PAGES.md"]:
            text = read(doc)
            for target in re.findall(r"\]\(([^)#\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
                if not target.startswith("https://"):
                    path = ROOT / pathlib.Path(doc).parent / target
                    self.assertTrue(path.exists(), f"{doc} links to {target}")

    def test_make_targets_exist(self):
        targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.M))
        for doc in OURS:
            named = re.findall(r"(?:`|^ {4})make ([a-z][\w-]*)", read(doc), re.M)
            self.assertLessEqual(set(named), targets, doc)

    def test_functions_are_where_it_says(self):
        found = 0
        for doc in OURS[1:]:
            text = " ".join(read(doc).split())
            for names, path in re.findall(r"((?:`\w+`(?:,| and)? )+)in `([\w./-]+)`", text):
                for name in re.findall(r"`(\w+)`", names):
                    self.assertIn(name, words_of(read(path)), f"{doc}: {name} in {path}")
                    found += 1
        self.assertGreater(found, 20)

    def test_tests_are_where_it_says(self):
        found = 0
        for part in re.findall(r"Tests[^:]*:.*?(?=\n\n)", read(OURS[2]), re.S):
            here = set()
            for token in re.findall(r"`([^`]+)`", part):
                if token.startswith("tests/"):
                    here = words_of(read(token))
                elif NAME.match(token):
                    self.assertIn(token, here, part)
                    found += 1
        self.assertGreater(found, 30)

    def test_every_invariant_has_a_place_and_a_test(self):
        parts = re.split(r"^### (\d+)\. ", read(OURS[2]).split("## Whose mail")[0], flags=re.M)[1:]
        self.assertEqual([int(n) for n in parts[::2]], list(range(1, 14)))
        for number, part in zip(parts[::2], parts[1::2]):
            self.assertRegex(part, r"(?s)\* Where: .*\* Tests: ", number)

    def test_every_package_is_in_the_table(self):
        table = "".join(line for line in read("README.md").splitlines(True) if line[0] == "|")
        lists = re.findall(r'^\w+="([^"$]*)"', read("contrib/build/deps.sh"), re.M)
        packages = " ".join(lists).split()
        self.assertGreater(len(packages), 20)
        for package in packages:
            self.assertIn(f"`{package}`", table)

    def test_the_table_of_folders_is_the_rule(self):
        spec = importlib.util.spec_from_file_location("house", ROOT / "contrib/build/house.py")
        house = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(house)
        rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", read(OURS[1]), re.M))
        folders = [os.path.basename(f) for f in glob.glob(str(ROOT / "src/*"))]
        self.assertEqual(sorted(rows), sorted(folders))
        for folder, may in rows.items():
            self.assertEqual(may.replace("–", ""), house.LAYERS[folder], folder)

    def test_verbs_exist(self):
        said = subprocess.run([build() / "assent", "-h"], capture_output=True, text=True, check=True)
        for doc in OURS:
            for words in re.findall(r"(?:`|^ {4})assent ([a-z]+(?: [a-z]+)?)\b", read(doc), re.M):
                self.assertRegex(said.stdout, rf"(?m)^\s+{words}\b", doc)

    def test_every_key_of_a_template_is_described(self):
        made = re.compile(r"(has|is|via|one|prefer)_\w+|\w+_(lines|count|address)|content")
        mails, pages = "docs/TEMPLATES.md", "docs/PAGES.md"
        for folder, doc, docs in (("mail-templates/en", mails, [mails]), ("web", pages, [pages]),
                                  ("phrases", mails, [mails, pages])):
            said = set(re.findall(r"`([\w-]+)`", "".join(read(d) for d in docs)))
            for path in sorted((ROOT / folder).glob("*.[ht]*")):
                sentences = folder == "phrases"
                keys = re.findall(r"\{\{[#^&]?\s*(\w+)\s*\}\}", path.read_text(encoding="utf-8"))
                missing = {key for key in keys if key not in said and not made.fullmatch(key)}
                self.assertEqual(missing, set(), f"{doc} does not say what is in {path.name}")
                if folder != "web" and path.name[0] != "_" and not sentences:
                    self.assertIn(f"\n### `{path.stem}`", read(doc))

    def test_what_a_packet_holds_is_what_the_api_takes(self):
        table = re.search(r"## What a packet holds\n(.*?)\n\n[^|]", read("docs/ESCALATION.md"), re.S)[1]
        fields = re.search(r"raise_fields\[\] = \{(.*?)\n\};", read("src/web/api_escalation.c"), re.S)[1]
        named = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
        said = set(re.findall(r"`(\w+)`", " ".join(named)))
        self.assertEqual(said - {"notes", "action", "override"}, set(re.findall(r'"(\w+)"', fields)))

    def test_the_ten_lines_are_enough(self):
        lines = re.search(r"```yaml\n(.*?)```", read("README.md"), re.S)[1]
        self.assertEqual(lines.count("\n"), 10)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([build() / "assent", "init", "--dir", folder], check=True,
                           stdout=subprocess.DEVNULL)
            path = pathlib.Path(folder, "assentd.yaml")
            path.write_text(lines, encoding="utf-8")
            pathlib.Path(folder, "mail.password").write_text("secret\n", encoding="utf-8")
            os.chmod(pathlib.Path(folder, "mail.password"), 0o600)
            done = subprocess.run([build() / "assent", "config", "check", path], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
