#!/usr/bin/python3
"""What docs/SECURITY.md tells owners and auditors to type does prove a decision."""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from daemon import ANNA, Failure, holds, main, same, story

SECURITY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/SECURITY.md")


def recipe(pattern):
    with open(SECURITY, encoding="utf-8") as f:
        return re.search(pattern, f.read(), re.S | re.M)[1]


def decided(desk):
    desk.answer(desk.ask("May we order twelve seats?"), "Approved, thanks")
    desk.quiet()
    return desk.wait_mail(to=ANNA, kind="receipt")


def type_it(folder, command, wanted):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60,
                          check=False)
    if (done.returncode == 0) != wanted:
        raise Failure(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


@story()
def an_owner_proves_a_receipt_with_openssl_alone(desk):
    if not shutil.which("openssl"):
        return "there is no openssl program"
    lines = recipe(r"((?:^    [^\n]*\n)+)\n\"Signature Verified")
    text = decided(desk).text
    with tempfile.TemporaryDirectory() as folder:
        for words, wanted in ((text, True), (text.replace("] approved", "] rejected"), False)):
            with open(folder + "/receipt.txt", "w", encoding="utf-8") as f:
                f.write(words)
            type_it(folder, ["sh", "-c", lines], wanted)
    return None


@story()
def an_auditor_walks_the_chain_without_us(desk):
    head = re.search(r"^head (\d+ \w+)", decided(desk).text, re.M)[1]
    path = desk.one("SELECT file FROM pragma_database_list WHERE name = 'main'")
    with tempfile.TemporaryDirectory() as folder:
        copy = sqlite3.connect(folder + "/copy.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            db.backup(copy)
        walk = [sys.executable, "-c", recipe(r"```python\n(.*?)```"), "copy.db"]
        same("the receipt's head", type_it(folder, walk, True).splitlines()[-1], head)
        copy.execute("UPDATE ledger_values SET value = 'rejected' WHERE value = 'approved'")
        copy.commit()
        type_it(folder, walk, False)
        copy.close()


@story()
def the_tool_finds_a_receipt_in_its_ledger(desk):
    done = desk.run("ledger", "verify", "--receipt", decided(desk).path)
    same("status", done.returncode, 0)
    holds("what it says", done.stdout, "receipt genuine", "[T-1001] approved", "ledger intact")


if __name__ == "__main__":
    sys.exit(main(globals()))
