#!/usr/bin/python3
"""Rules of a site while assentd runs: events, time, a reload, and what ships."""
import json
import os
import signal
import sys

from daemon import (AGENT, BOB, DAY, HOUR, MINUTE, SAM, holds, main, same, story, until)

RULES = """rules:
  - id: printers
    title: {en: A printer again, de: Schon wieder ein Drucker}
    to: engineer
    when: matches(title, '*printer*') and status in ('open', 'waiting')
    suggest: {en: Buy a new one.}
  - id: old
    title: {en: It is old}
    to: engineer
    when: days_since(created) > 3
"""
NONE = "rules: []\n"


def put(desk, name, text):
    folder = desk.folder + "/site/rules"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
        f.write(text)


def begin(desk):
    """The site's own rules and none of those that ship."""
    desk.settings["site_dir"] = desk.folder + "/site"
    desk.write_settings()
    put(desk, "own.yaml", RULES)
    put(desk, "desk.yaml", NONE)
    put(desk, "approvals.yaml", NONE)
    desk.start()


def packets(desk):
    return sorted(row["rule"] for row in desk.assent("escalation", "list"))


def reload(desk, words):
    before = len(desk.log())
    desk.process.send_signal(signal.SIGHUP)
    until(lambda: words in desk.log()[before:], words)


@story(started=False)
def a_ticket_that_a_rule_speaks_of_is_a_packet(desk):
    begin(desk)
    desk.mail(SAM, "The printer", "It is broken.", to=BOB, cc=AGENT)
    desk.mail(SAM, "The screen", "It is broken.", to=BOB, cc=AGENT)
    mail = desk.wait_mail(to=SAM, kind="escalation")
    holds("subject", mail.subject, "A printer again")
    holds("mail", mail.text, "Buy a new one.")
    same("packets", packets(desk), ["printers"])
    # What a person settled does not come back by the next event.
    desk.assent("escalation", "resolve", desk.assent("escalation", "list")[0]["id"], "bought")
    desk.mail(SAM, "Re: The printer [T-1001]", "Still broken.", to=BOB, cc=AGENT)
    desk.quiet()
    until(lambda: desk.one("SELECT value FROM site WHERE name = 'rules.seen'"), "a place")
    same("packets", desk.one("SELECT count(*) FROM escalations"), 1)
    done = json.loads(desk.run("--json", "rules", "explain", "printers", "--ticket",
                               "T-1001").stdout)
    rule = done["rules"][0]
    same("hit", (rule["hit"], rule["truth"], rule["once_key"], rule["open_packet"]),
         (True, "true", "ticket:T-1001", None))
    same("terms", [(t["depth"], t["joint"], t["truth"]) for t in rule["terms"]],
         [(0, "and", "true"), (1, None, "true"), (1, None, "true")])
    same("fact", rule["terms"][1]["facts"][0]["value"], "The printer")
    shown = desk.run("rules", "explain", "--ticket", "T-1002").stdout
    holds("explain", shown, "printers  false", "title: 'The screen'", "old  false")


@story(started=False)
def explain_names_the_rule_of_the_group_that_was_first(desk):
    begin(desk)
    put(desk, "own.yaml", RULES.replace("to: engineer", "to: engineer\n    group: g")
        .replace("> 3", ">= 0"))
    desk.mail(SAM, "The printer", "It is broken.", to=BOB, cc=AGENT)
    until(lambda: desk.one("SELECT count(*) FROM tickets"), "the ticket")
    holds("text", desk.run("rules", "explain", "--ticket", "T-1001").stdout,
          "printers  holds", "old  true\n  beaten by printers\n")
    rules = desk.assent("rules", "explain", "--ticket", "T-1001")["rules"]
    same("rules", [(r["rule"], r["hit"], r["why"]) for r in rules],
         [("printers", True, None), ("old", False, "beaten by printers")])


@story(started=False)
def what_only_time_changes_is_found_and_what_was_missed_is_caught_up(desk):
    begin(desk)
    desk.mail(SAM, "The screen", "It is broken.", to=BOB, cc=AGENT)
    until(lambda: desk.one("SELECT count(*) FROM tickets"), "the ticket")
    desk.quiet()
    same("packets", packets(desk), [])
    said = desk.assent("rules", "simulate", "--ticket", "T-1001", "--until", "4d")
    plan = said["timeline"]
    same("asked", (sorted(said), said["ticket"], said["at"][:10], said["until"][:10]),
         (["at", "hash", "ticket", "timeline", "until"], "T-1001", "2026-11-16", "2026-11-20"))
    same("hash", said["hash"], desk.assent("rules", "check")["hash"])
    same("plan", [(line["what"], line["rule"], line["to"]) for line in plan],
         [("packet", "old", "engineer"), ("due", "old", "engineer"), ("expires", "old", "engineer")])
    same("when", plan[0]["at"][:10], "2026-11-19")
    same("none", desk.assent("rules", "simulate", "--ticket", "T-1001", "--until", "2d")["timeline"],
         [])
    desk.go(3 * DAY + HOUR)
    until(lambda: packets(desk) == ["old"], "the packet")
    desk.go(2 * MINUTE)
    same("packets", packets(desk), ["old"])


@story(started=False)
def a_reload_takes_rules_only_when_they_are_clean(desk):
    begin(desk)
    desk.mail(SAM, "The screen", "It is broken.", to=BOB, cc=AGENT)
    until(lambda: desk.one("SELECT count(*) FROM tickets"), "the ticket")
    put(desk, "own.yaml", RULES.replace("status in", "statu in"))
    reload(desk, "settings not reloaded")
    holds("log", desk.log(), "rules/own.yaml:5:43: printers: when: unknown fact 'statu'",
          "(did you mean 'status'?)")
    put(desk, "own.yaml", RULES.replace("*printer*", "*screen*"))
    reload(desk, "settings reloaded")
    until(lambda: packets(desk) == ["printers"], "the packet")


@story()
def what_ships_watches_a_question(desk):
    desk.ask()
    desk.quiet()
    shown = desk.run("rules", "explain", "silent_owner", "--ticket", "T-1001").stdout
    holds("explain", shown, "silent_owner  false", "approval_state: 'sent'", "reminders: 0")
    plan = desk.assent("rules", "simulate", "--ticket", "T-1001", "--until", "30d")["timeline"]
    whats = [line["what"] for line in plan]
    same("in order", [line["at"] for line in plan], sorted(line["at"] for line in plan))
    same("reminded", (whats.count("reminder"), whats.count("question expires")), (1, 1))
    same("silent", [line["rule"] for line in plan if line["what"] == "packet"][:1],
         ["silent_owner"])
    shown = desk.run("rules", "simulate", "--ticket", "T-1001", "--until", "30d").stdout
    holds("simulate", shown, "WHEN", "reminder", "silent_owner")


if __name__ == "__main__":
    sys.exit(main(globals()))
