#!/usr/bin/python3
"""Clocks that jump: nothing is done twice, and nothing that has its time before the clock is right."""
import sys

from daemon import (AGENT, ANNA, BOB, DAY, HOUR, LENA, MINUTE, SAM, Desk, holds, main, same, story,
                    until)
from test_packets import raised, roles, state

YEAR = 365 * DAY
JUMPS = (("an hour ahead", HOUR), ("an hour back", -HOUR), ("five years ahead", 5 * YEAR),
         ("five years back", -5 * YEAR))


def timers(desk):
    return desk.rows("SELECT kind, due FROM jobs WHERE lane = 3 ORDER BY kind")


def told(desk):
    """Reminders, packets' mails, ends."""
    return (len(desk.mails(subject="Reminder")), len(desk.mails(to=SAM, kind="escalation")),
            len(desk.mails(to=LENA, kind="escalation")),
            len(desk.mails(to=SAM, kind="escalation-moved")), len(desk.mails(kind="closed")))


def begin(desk):
    request = desk.ask()
    packet = raised(desk)
    desk.wait_mail(to=SAM, kind="escalation")
    desk.quiet()
    return request, packet


def doubt(desk, jump):
    """The clock jumps, and nothing comes of it."""
    before = timers(desk)
    desk.set_clock(jump, 0)
    desk.reload()  # and looks at the clock
    desk.wait_said("clock.not_believed")
    desk.quiet()
    same("timers", timers(desk), before)
    same("kinds", [kind for kind, _ in before],
         ["climb", "expire", "lapse", "remind", "retention"])
    same("told", told(desk), (0, 1, 0, 0, 0))


def end(desk, packet):
    """All that has its time comes once."""
    desk.go(2 * HOUR)
    desk.wait_mail(to=LENA, kind="escalation")
    desk.quiet()  # nothing expires before its mail has left
    desk.go(DAY)
    until(lambda: state(desk, packet) == "expired", "the packet to expire")
    desk.go(DAY)
    desk.wait_mail(to=ANNA, subject="Reminder")
    desk.go(12 * DAY)
    desk.wait_states("expired")
    desk.quiet()
    same("reminders and ends", (told(desk)[0], told(desk)[4]), (1, 1))
    same("climbed", told(desk)[2:4], (told(desk)[2], 2))
    desk.check_mails()
    desk.check_ledger()


def each(build, tell):
    for name, jump in JUMPS:
        print("     " + name, flush=True)
        with Desk(build, change=roles) as desk:
            tell(desk, jump, *begin(desk))


@story(desk=False)
def a_clock_that_jumps_and_is_put_right_has_done_nothing(build):
    def tell(desk, jump, _, packet):
        doubt(desk, jump)
        desk.set_clock(-jump, 1)
        desk.reload()
        desk.wait_said("clock.believed")
        desk.quiet()
        same("told", told(desk), (0, 1, 0, 0, 0))
        end(desk, packet)
    each(build, tell)


@story(desk=False)
def a_clock_that_jumps_and_was_right_after_all_does_each_thing_once(build):
    def tell(desk, jump, _, packet):
        doubt(desk, jump)
        desk.set_clock(0, 1)
        desk.reload()
        desk.wait_said("clock.believed")
        desk.quiet()
        if jump < 0:  # moves no due time
            desk.go(-jump)
        if jump <= HOUR:
            return end(desk, packet)
        desk.wait_states("expired")
        desk.wait_mail(to=LENA, kind="escalation")
        desk.quiet()
        desk.go(2 * HOUR)
        until(lambda: state(desk, packet) == "expired", "the packet to expire")
        desk.quiet()
        same("climbed and closed", told(desk)[2:], (1, 2, 1))
        desk.check_mails()
        return desk.check_ledger()
    each(build, tell)


@story(desk=False)
def mail_and_decisions_go_on_while_the_clock_is_wrong(build):
    def tell(desk, jump, request, _):
        doubt(desk, jump)
        desk.answer(request, "approved")
        desk.wait_states("approved")
        holds("receipt", desk.wait_mail(to=ANNA, kind="receipt").subject, "Approved")
        desk.quiet()
        same("told", told(desk), (0, 1, 0, 0, 0))
    each(build, tell)


@story(change=roles)
def a_clock_that_jumps_while_the_daemon_is_down_waits_for_a_word(desk):
    _, packet = begin(desk)
    before = timers(desk)
    desk.stop()
    desk.set_clock(5 * YEAR, 0)
    desk.start()
    desk.wait_said("clock.not_believed")
    desk.quiet()
    same("timers", timers(desk), before)
    desk.set_clock(-5 * YEAR, 0)
    desk.reload()
    desk.wait_said("clock.believed")
    same("told", told(desk), (0, 1, 0, 0, 0))
    end(desk, packet)


@story(desk=False)
def what_has_a_deadline_waits_for_a_clock_that_is_believed(build):
    def tell(desk, jump, _, packet):
        doubt(desk, jump)
        desk.mail(SAM, "More seats", "They cost 480 EUR.\n\nask: Shall we?", to=BOB, cc=AGENT)
        until(lambda: desk.one("SELECT count(*) FROM tickets") == 2, "the ticket")
        desk.go(2 * MINUTE)
        until(lambda: desk.one("SELECT count(*) FROM jobs WHERE kind = 'ask' AND attempts > 0"),
              "the question to wait")
        same("states", sorted(desk.states()), ["draft", "sent"])
        same("asked", len(desk.mails(kind="request")), 1)
        done = desk.run("escalation", "raise", "A second one", "--reason", "timeout", "--to", "desk")
        holds("raise", done.stdout + done.stderr, "the clock of this machine is not believed")
        done = desk.run("escalation", "snooze", packet, "2h")
        holds("snooze", done.stdout + done.stderr, "the clock of this machine is not believed")
        desk.set_clock(-jump, 1)
        desk.reload()
        desk.wait_said("clock.believed")
        desk.wait_mail(2, kind="request")
        asked, deadline = desk.rows("SELECT asked_at, deadline FROM approvals ORDER BY asked_at")[1]
        same("asked by the right clock", abs(asked - desk.now()) < HOUR, True)
        same("deadline", 3 * DAY < deadline - desk.now() < 20 * DAY, True)
        desk.quiet()
        same("told", told(desk), (0, 1, 0, 0, 0))
        desk.check_mails()
        desk.check_ledger()
    each(build, tell)


def few(settings):
    settings["approvals"] = {**settings.get("approvals", {}), "reminders_per_day": 2}


@story(change=few)
def three_days_without_a_daemon_are_no_storm_of_reminders(desk):
    names = [f"Licence number {n}" for n in range(5)]
    for name in names:
        desk.ask(subject=name)
    desk.quiet()
    desk.kill()
    desk.go(3 * DAY)
    desk.start()

    def reminded():
        desk.quiet()
        found = [m for m in desk.mails(to=ANNA) if m.subject.startswith("Reminder")]
        return sorted([n for n in names if n in m.text] for m in found)
    singles = [[names[0]], [names[1]]]
    same("Thursday", reminded(), singles)
    # What is too much for a day is lines of one mail, a minute later.
    desk.go(MINUTE)
    desk.wait_mail(kind="reminders")
    same("a minute later", reminded(), singles + [names[2:]])
    desk.go(4 * DAY)
    same("Monday", reminded(), singles + [names[2:]])
    same("states", desk.states(), ["sent"] * 5)
    desk.check_mails()


if __name__ == "__main__":
    sys.exit(main(globals()))
