#!/usr/bin/python3
"""Packets that wait for a person: who is told, what the clock does to them, and when it is not trusted."""
import json
import sys

from daemon import (DAY, HOUR, LENA, MINUTE, SAM, Failure, address, holds, main, same, story,
                    until)

YEAR = 365 * DAY
ROLES = [{"name": "desk", "people": [address(SAM)]}, {"name": "manager", "people": [address(LENA)]}]
LEVELS = [{"after_ms": 2 * HOUR, "to": "manager"}]


def roles(settings):
    settings["roles"] = ROLES


def raised(desk, **more):
    packet = {"title": "A deal above the limit", "reason": "high_value_deal", "priority": "high",
              "to": "desk", "levels": LEVELS, **more}
    done = desk.run("--json", "escalation", "raise", "--file", "-", given=json.dumps(packet))
    if done.returncode:
        raise Failure(f"not raised: {done.stdout}{done.stderr}")
    found = json.loads(done.stdout)
    return found.get("escalation", found).get("id")


def state(desk, packet):
    return desk.assent("escalation", "show", packet)["state"]


def counts(desk):
    return [(len(desk.mails(to=who, kind=kind))) for who in (SAM, LENA)
            for kind in ("escalation", "escalation-moved")]


@story(change=roles)
def what_nobody_takes_goes_up_and_ends(desk):
    packet = raised(desk)
    mail = desk.wait_mail(to=SAM, kind="escalation")
    holds("subject", mail.subject, "A deal above the limit")
    desk.go(2 * HOUR + MINUTE)
    desk.wait_mail(to=LENA, kind="escalation")
    desk.wait_mail(to=SAM, kind="escalation-moved")
    desk.quiet()
    desk.go(DAY)
    until(lambda: state(desk, packet) == "expired", "the packet to expire")
    done = desk.run("escalation", "resolve", packet, "done")
    same("resolve", done.returncode != 0, True)
    holds("resolve", done.stderr, "expired")
    desk.assent("escalation", "reopen", packet)
    desk.assent("escalation", "resolve", packet, "Called them")
    same("state", state(desk, packet), "resolved")
    desk.assent("escalation", "resolve", packet, "Once more")
    same("action", desk.one("SELECT action FROM escalations"), "Called them")
    desk.quiet()
    desk.check_ledger()


@story(change=roles)
def a_clock_that_is_not_trusted_moves_nothing(desk):
    packet = raised(desk)
    desk.wait_mail(to=SAM, kind="escalation")
    desk.set_clock(5 * YEAR, 0)
    desk.go(MINUTE)
    desk.reload()
    desk.wait_said("clock.not_believed")
    desk.quiet()
    desk.set_clock(-5 * YEAR, 1)
    desk.go(MINUTE)
    desk.quiet()
    same("state", state(desk, packet), "pending")
    same("mails", counts(desk), [1, 0, 0, 0])
    desk.go(2 * HOUR)
    desk.wait_mail(to=LENA, kind="escalation")
    desk.quiet()
    same("mails", counts(desk), [1, 1, 1, 0])


@story(change=roles)
def three_days_without_a_daemon_are_one_step_up_each(desk):
    packets = [raised(desk, title=f"Deal {n}") for n in range(3)]
    desk.wait_mail(3, to=SAM, kind="escalation")
    desk.quiet()
    desk.kill()
    desk.go(3 * DAY)
    desk.start()
    desk.wait_mail(3, to=LENA, kind="escalation")
    desk.quiet()
    same("mails", counts(desk), [3, 3, 3, 0])
    # Whoever got it last has his hour.
    same("states", [state(desk, p) for p in packets], ["pending"] * 3)
    desk.assent("escalation", "ack", packets[0])
    same("expired by hand", desk.assent("escalation", "expire"), {"expired": 0})
    desk.go(2 * HOUR)
    until(lambda: [state(desk, p) for p in packets] == ["in_progress", "expired", "expired"],
          "the others to expire")
    desk.check_ledger()


@story(change=roles)
def a_storm_is_five_mails_and_one_that_is_answered_by_number(desk):
    for n in range(12):
        raised(desk, title=f"Deal {n:02}", priority="low" if n == 11 else "high",
               due=f"2027-01-{n + 1:02}T00:00:00Z")
    desk.wait_mail(5, to=SAM, kind="escalation")
    critical = raised(desk, title="A fire", priority="critical")
    desk.wait_mail(6, to=SAM, kind="escalation")
    desk.quiet()
    desk.go(MINUTE)
    digest = desk.wait_mail(to=SAM, kind="digest")
    holds("subject", digest.subject, "7 matters")
    lines = [line for line in digest.text.splitlines() if ". Deal" in line]
    same("lines", lines, [f"{n - 4}. Deal {n:02}" for n in range(5, 12)])
    desk.answer(digest, "2 ack\n3: resolved: called them")
    desk.wait_mail(2, to=SAM, kind="escalation-answer")
    desk.answer(digest, "ack")
    desk.wait_mail(3, to=SAM, kind="escalation-answer")
    holds("answers", "".join(m.text for m in desk.mails(to=SAM, kind="escalation-answer")),
          "Begin each line")
    desk.quiet()
    same("acknowledged", desk.rows("SELECT title FROM escalations WHERE acked_at <> 0"),
         [("Deal 06",)])
    same("resolved", desk.rows("SELECT title, action FROM escalations WHERE state = 'resolved'"),
         [("Deal 07", "called them")])
    same("the critical one", state(desk, critical), "pending")
    desk.check_mails()
    desk.check_ledger()


if __name__ == "__main__":
    sys.exit(main(globals()))
