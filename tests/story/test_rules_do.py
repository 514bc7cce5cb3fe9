#!/usr/bin/python3
"""What rules do besides packets: they ask, remind, tell and close."""
import calendar
import os
import re
import sys
import textwrap
import time

from daemon import (AGENT, ANNA, BOB, DAY, HOUR, LENA, MINUTE, SAM, address, holds, main, same,
                    story, until)
from test_rules import NONE, put

ASK = """rules:
  - id: licences
    title: {en: Licences cost money}
    when: matches(title, '*licences*')
    then: request_approval
    ask: {en: May we order them?, de: Dürfen wir sie bestellen?}
"""
REMIND = """rules:
  - id: hurry
    title: {en: It is urgent}
    when: hours_since(asked_at) > 30
    then: remind
"""
NOTIFY = """rules:
  - id: licences
    title: {en: Licences again, ar: تراخيص من جديد}
    when: matches(title, '*licences*')
    then: notify
    to: engineer
    priority: high
    suggest: {en: Look whether there are some left.}
"""
CLOSE = """rules:
  - id: stale
    title: {en: No word for 14 days}
    when: days_since(last_message) > 14 and status = 'open'
    then: close
"""
LEVELS = """rules:
  - id: licences
    title: {en: Licences again}
    when: matches(title, '*licences*')
    to: engineer
    due: 90m
    levels: [{after: 1h, to: admin, repeat: 25m}, {after: 2h, to: owner, repeat: 30m}]
"""
STEPS = [("packet", "engineer", 0), ("level", "admin", 60), ("again", "admin", 85),
         ("due", "admin", 90), ("again", "admin", 110), ("level", "owner", 120),
         ("again", "owner", 150), ("expires", "owner", 180)]
COUNTED = """  - id: waits
    title: {en: A packet waits}
    when: open_escalations >= 1
    to: admin
    due: 30m
  - id: over
    title: {en: Nobody took it}
    when: escalations >= 1 and open_escalations = 0
    to: engineer
    then: notify
"""


def begin(desk, rules):
    desk.settings["site_dir"] = desk.folder + "/site"
    desk.write_settings()
    put(desk, "own.yaml", rules)
    put(desk, "desk.yaml", NONE)
    put(desk, "approvals.yaml", NONE)
    desk.start()


def licences(desk):
    desk.mail(SAM, "Twelve more licences", "Bob needs them by Friday.", to=BOB, cc=AGENT)


def events(desk, kind):
    return desk.rows("SELECT actor FROM events WHERE kind = ?", kind)


def plan(desk, until_when):
    return [(line["what"], line["rule"], line["to"], line["text"]) for line in
            desk.assent("rules", "simulate", "--ticket", "T-1001", "--until",
                        until_when)["timeline"]]


@story(started=False)
def the_owner_is_asked_what_the_rule_asks(desk):
    begin(desk, ASK)
    licences(desk)
    told = desk.wait_mail(to=SAM, kind="rule")
    holds("word to the engineer", told.subject, "Asked: Licences cost money [T-1001]")
    holds("word to the engineer", told.text, "asks Anna Lindqvist", "> May we order them?",
          "write “withdraw” in the ticket's thread")
    same("requests", desk.mails(kind="request"), [])
    desk.go(5 * MINUTE)
    request = desk.wait_mail(to=ANNA, kind="request")
    holds("request", request.text, "May we order them?")
    desk.answer(request, "Yes, please")
    desk.wait_states("approved")
    same("event", events(desk, "rule.request_approval"), [("rule:licences",)])
    holds("explain", desk.run("rules", "explain", "--ticket", "T-1001").stdout,
          "licences  holds, then: request_approval")
    # It holds on, and nobody is asked twice.
    desk.go(2 * DAY)
    desk.mail(SAM, "Re: Twelve more licences [T-1001]", "They are on their way.", to=BOB, cc=AGENT)
    desk.quiet()
    same("asked", desk.states(), ["approved"])
    same("packets", desk.one("SELECT count(*) FROM escalations"), 0)
    desk.check_ledger()


@story(started=False)
def what_the_engineer_withdraws_in_time_is_asked_of_nobody(desk):
    begin(desk, ASK)
    licences(desk)
    # An answer to the word itself belongs to the ticket, too.
    desk.answer(desk.wait_mail(to=SAM, kind="rule"), "withdraw")
    desk.wait_states("withdrawn")
    desk.go(3 * DAY)
    desk.quiet()
    same("states", desk.states(), ["withdrawn"])
    same("mails to her", desk.mails(to=ANNA), [])


@story(started=False)
def a_rule_waits_for_the_question_that_is_open(desk):
    begin(desk, ASK)
    desk.mail(SAM, "Twelve more licences", "Bob needs them.\n\nask: Does he still work there?",
              to=BOB, cc=AGENT)
    until(lambda: desk.one("SELECT count(*) FROM rule_holds"), "the rule to hold")
    desk.quiet()
    desk.go(5 * MINUTE)
    request = desk.wait_mail(to=ANNA, kind="request")
    holds("request", request.text, "Does he still work there?")
    shown = desk.assent("rules", "explain", "--ticket", "T-1001")["rules"][0]
    same("waits", (shown["hit"], bool(shown["waits_until"])), (True, True))
    holds("explain", desk.run("rules", "explain", "--ticket", "T-1001").stdout,
          "licences  holds, then: request_approval, waits until 2026-11-16")
    same("plan", [line[:2] for line in plan(desk, "15d")],
         [("reminder", ""), ("question expires", ""), ("would ask", "licences")])
    desk.answer(request, "Yes")
    desk.wait_states("approved")
    desk.go(16 * MINUTE)
    until(lambda: desk.states() == ["approved", "draft"], "the rule's question")
    desk.go(5 * MINUTE)
    holds("request", desk.wait_mail(to=ANNA, kind="request", newer=[request]).text,
          "May we order them?")


@story(started=False)
def without_anybody_to_ask_it_is_a_packet(desk):
    begin(desk, ASK)
    desk.mail(SAM, "Twelve more licences", "Zoe needs them by Friday.", cc=AGENT,
              to="Zoe <zoe@elsewhere.example>")
    mail = desk.wait_mail(to=SAM, kind="escalation")
    holds("packet", mail.text, "Nobody could be asked", "- May we order them?")
    same("states", desk.states(), [])


@story(started=False)
def an_open_question_is_reminded_of(desk):
    begin(desk, REMIND)
    request = desk.ask()
    desk.quiet()
    same("plan", plan(desk, "40h"), [("would remind", "hurry", address(ANNA), "")])
    desk.go(31 * HOUR)
    reminder = desk.wait_mail(to=ANNA, kind="request", newer=[request])
    holds("reminder", reminder.subject, "Reminder")
    until(lambda: events(desk, "rule.remind") == [("rule:hurry",)], "the event")
    desk.go(2 * DAY)
    desk.quiet()
    same("mails to her", len(desk.mails(to=ANNA)), 2)


@story(started=False)
def people_of_a_role_are_told_and_nothing_waits(desk):
    begin(desk, NOTIFY)
    licences(desk)
    mail = desk.wait_mail(to=SAM, kind="rule")
    holds("subject", mail.subject, "Licences again [T-1001]")
    holds("mail", mail.text, "For your information", "Priority: High", "Northwind Tools",
          "Look whether there are some left.", "Nothing waits for your answer.")
    desk.quiet()
    same("packets", desk.one("SELECT count(*) FROM escalations"), 0)
    same("event", events(desk, "rule.notify"), [("rule:licences",)])
    same("told", len(desk.mails(kind="rule")), 1)


@story(started=False)
def a_ticket_of_which_nobody_speaks_is_closed_and_can_be_opened_again(desk):
    begin(desk, CLOSE)
    desk.mail(LENA, "A screen", "It flickers.", to=BOB, cc=AGENT)
    until(lambda: desk.one("SELECT count(*) FROM tickets"), "the ticket")
    desk.quiet()
    same("plan", plan(desk, "20d"), [("would close", "stale", address(LENA), "")])
    desk.go(14 * DAY + HOUR)
    told = desk.wait_mail(to=LENA, kind="rule")
    holds("told", told.subject, "Resolved: No word for 14 days [T-1001]")
    holds("told", told.text, "has resolved this ticket", "write “reopen”")
    same("status", desk.rows("SELECT status, status_by FROM tickets"),
         [("resolved", "rule:stale")])
    same("customer", desk.mails(to=BOB), [])
    # His words open it again, and no rule closes it for a week.
    desk.mail(BOB, "Re: A screen [T-1001]", "It still does.")
    until(lambda: desk.one("SELECT status FROM tickets") == "open", "it to be open again")
    desk.go(6 * DAY)
    desk.quiet()
    same("status", desk.one("SELECT status FROM tickets"), "open")
    holds("ledger", desk.run("ledger", "show").stdout, "rule.close")
    desk.check_ledger()


@story(started=False)
def a_level_is_told_again_until_the_next_one_has_it(desk):
    begin(desk, "rules: []\n")
    licences(desk)
    until(lambda: desk.one("SELECT count(*) FROM tickets"), "the ticket")
    desk.quiet()
    put(desk, "own.yaml", LEVELS)
    minute = 60
    first = None
    steps = list(STEPS)
    said = desk.assent("rules", "simulate", "--ticket", "T-1001", "--until", "2d")
    for line in said["timeline"]:
        at = calendar.timegm(time.strptime(line["at"][:19], "%Y-%m-%dT%H:%M:%S"))
        first = first or at
        same("line", (line["what"], line["to"], (at - first) // minute), steps.pop(0))
    same("steps that are missing", steps, [])


@story(started=False)
def a_simulated_packet_counts_until_it_expires_and_an_open_one_goes_on(desk):
    begin(desk, "rules: []\n")
    licences(desk)
    until(lambda: desk.one("SELECT count(*) FROM tickets"), "the ticket")
    desk.quiet()
    put(desk, "own.yaml", LEVELS + COUNTED)
    same("counted", plan(desk, "4h"),
         [("packet", "licences", "engineer", ""), ("packet", "waits", "admin", ""),
          ("due", "waits", "admin", ""), ("expires", "waits", "admin", ""),
          *((what, "licences", to, "") for what, to, _ in STEPS[1:]),
          ("would notify", "over", "engineer", "")])
    put(desk, "own.yaml", LEVELS)
    desk.stop()
    desk.start()
    until(lambda: desk.one("SELECT count(*) FROM escalations"), "the packet")
    same("open", plan(desk, "4h"),
         [(what, "licences", to, "") for what, to, _ in STEPS[1:]])
    packet = desk.assent("escalation", "list")[0]["id"]
    desk.assent("escalation", "ack", packet)
    same("taken", plan(desk, "2d"), [("due", "licences", "engineer", ""),
                                     ("expires", "licences", "engineer", "")])


@story(started=False)
def a_role_that_there_is_not_is_refused_with_the_nearest_name(desk):
    desk.settings["roles"] = [{"name": "manager", "people": [address(SAM)]}]
    desk.settings["site_dir"] = desk.folder + "/site"
    desk.write_settings()
    put(desk, "own.yaml", NOTIFY.replace("to: engineer", "to: manger"))
    for words in (("rules", "check"), ("config", "check")):
        done = desk.run(*words)
        holds(words[0], done.stdout + done.stderr, "own.yaml:6:9: licences: to: 'manger' is no role",
              "(did you mean 'manager'?)")
        same("status", done.returncode, 1)
    put(desk, "own.yaml", NOTIFY.replace("to: engineer", "to: manager"))
    same("status", desk.run("rules", "check").returncode, 0)


@story(started=False)
def the_rules_of_the_documentation_are_two_and_do_what_it_says(desk):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(root + "/docs/RULES.md", encoding="utf-8") as f:
        part = f.read().split("\n## What a rule does\n")[1]
    rules = re.search(r"\n\n((?:    .*\n)+)", part)[1]
    begin(desk, "rules: []\n")
    licences(desk)
    until(lambda: desk.one("SELECT count(*) FROM tickets"), "the ticket")
    desk.quiet()
    put(desk, "own.yaml", textwrap.dedent(rules))
    same("plan", [(what, rule, text) for what, rule, _, text in plan(desk, "20d")],
         [("would ask", "licences", "May we order them?"), ("reminder", "", ""),
          ("question expires", "", ""), ("would close", "stale", "")])


if __name__ == "__main__":
    sys.exit(main(globals()))
