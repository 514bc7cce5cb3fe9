#!/usr/bin/python3
"""assent rules replay beside a running assentd: other rules over what happened."""
import json
import os
import sys

from daemon import AGENT, BOB, DAY, MINUTE, SAM, holds, main, same, story, until

RULES = """rules:
  - id: printers
    title: {en: A printer again}
    to: engineer
    due: 30d
    when: matches(title, '*printer*') and status in ('open', 'waiting')
  - id: old
    title: {en: It is old}
    to: engineer
    due: 30d
    when: days_since(created) > 3
"""
OTHERS = RULES.replace("*printer*", "*screen*").replace("> 3", "> 1")
NONE = "rules: []\n"


def put(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
        f.write(text)
    return f"{folder}/{name}"


def begin(desk):
    desk.settings["site_dir"] = desk.folder + "/site"
    desk.write_settings()
    for name, text in (("own.yaml", RULES), ("desk.yaml", NONE), ("approvals.yaml", NONE)):
        put(desk.folder + "/site/rules", name, text)
    desk.start()
    desk.mail(SAM, "The printer", "It is broken.", to=BOB, cc=AGENT)
    desk.mail(SAM, "The screen", "It is broken.", to=BOB, cc=AGENT)
    until(lambda: desk.one("SELECT count(*) FROM escalations") == 1, "a packet")
    until(lambda: desk.one("SELECT count(*) FROM tickets") == 2, "two tickets")
    desk.go_to(desk.one("SELECT max(created) FROM tickets") + 3 * DAY + MINUTE)
    until(lambda: desk.one("SELECT count(*) FROM escalations") == 3, "three packets")
    desk.go(MINUTE)
    desk.quiet()


def rule(done, name):
    found = [row for row in done["rules"] if row["rule"] == name]
    return tuple(found[0][key] for key in ("replayed", "raised", "both", "moved"))


def packets(done, name):
    return sorted((row["ticket"], row["in"]) for row in done["packets"] if row["rule"] == name)


@story(started=False)
def the_rules_in_force_give_what_happened(desk):
    begin(desk)
    done = desk.assent("rules", "replay", "--since", "30d")
    same("old", rule(done, "old"), (2, 2, 2, 0))
    same("printers", rule(done, "printers"), (1, 1, 1, 0))
    same("uncertain", done["uncertain"], [])
    same("recorded", (done["recorded_since"], done["tickets"]), (None, 2))
    shown = desk.run("rules", "replay", "--since", "30d").stdout
    holds("text", shown, "2 tickets", "Replay and reality agree.")
    # All of it is older than the hour that is asked for, but what time brought.
    done = desk.assent("rules", "replay", "--since", "2h")
    same("old", (rule(done, "old"), rule(done, "printers")), ((2, 2, 2, 0), (0, 0, 0, 0)))
    done = desk.assent("rules", "replay", "--since", "30d", "--ticket", "T-1002")
    same("one", (packets(done, "old"), done["tickets"]), ([("T-1002", "both")], 1))


@story(started=False)
def other_rules_on_disk_are_told_by_their_difference(desk):
    begin(desk)
    before = desk.dump(without=("clock_seen", "job_leases", "site"))
    # A file beside the site's takes the place of the one of its name; assentd knows nothing of it.
    path = put(desk.folder + "/draft", "own.yaml", OTHERS)
    for words in (["--rules", path], ["--rules", desk.folder + "/site"], []):
        if words[1:] == [desk.folder + "/site"]:
            put(desk.folder + "/site/rules", "own.yaml", OTHERS)
        done = desk.assent("rules", "replay", "--since", "30d", *words)
        same("old", rule(done, "old"), (2, 2, 2, 2))
        same("printers", rule(done, "printers"), (1, 1, 0, 0))
        same("which", packets(done, "printers"), [("T-1001", "real"), ("T-1002", "replay")])
    shown = desk.run("rules", "replay", "--since", "30d").stdout
    holds("text", shown, "ONLY REPLAY", "only real", "only replay", "earlier in replay")
    same("nothing is written", desk.dump(without=("clock_seen", "job_leases", "site")), before)


@story(started=False)
def what_does_not_make_sense_is_said(desk):
    begin(desk)
    broken = put(desk.folder + "/draft", "own.yaml", RULES.replace("status in", "statu in"))
    text = put(desk.folder + "/draft", "own.txt", RULES)
    for status, sentence, *words in (
            (2, "--since needs a time such as 90d or a day such as 2026-09-01, not 'soon'",
             "--since", "soon"),
            (2, "--since 2030-01-01 is not over yet", "--since", "2030-01-01"),
            (2, "is not over yet", "--since", "0"),
            (2, "--since goes back 366 days at most", "--since", "5000d"),
            (2, "--since goes back 366 days at most", "--since", "2001-01-01"),
            (2, "--since needs a time", "--since", "2026-13-45"),
            (2, "a file of rules whose name ends in .yaml", "--rules", text),
            (3, "no-such.yaml", "--rules", desk.folder + "/no-such.yaml"),
            (3, "has no folder rules/ in it", "--rules", desk.folder + "/draft"),
            (1, f"\n{broken}:6:43: printers: when: unknown fact 'statu'", "--rules", broken),
            (3, "there is no organisation \"nobody\"", "--organisation", "nobody"),
            (3, "T-4711", "--ticket", "T-4711"),
            (2, "--max needs a number", "--max", "many")):
        done = desk.run("rules", "replay", *words)
        same(" ".join(words), done.returncode, status)
        holds(" ".join(words), done.stdout + "\n" + done.stderr, sentence)
    said = desk.run("--json", "rules", "replay", "--rules", broken).stderr
    same("file", json.loads(said)["faults"][0]["file"], broken)


if __name__ == "__main__":
    sys.exit(main(globals()))
