#!/usr/bin/python3
"""Mail that kills who reads it is set aside after three tries (invariant 6); the rest lives on.

Needs a build with FAULTS=1, whose parser obeys X-Assentd-Test.
"""
import signal
import sys

from world import AGENT, BOB, SAM, holds, main, same, story, until


def set_aside(desk):
    until(lambda: desk.one("SELECT count(*) FROM inbound WHERE status = 'quarantined'"),
          "the quarantine")
    desk.quiet()
    same("set aside", len(desk.assent("inbound", "list", "--quarantined")), 1)
    same("still running", desk.process.poll(), None)


@story()
def a_mail_that_kills_its_parser_three_times_is_set_aside(desk):
    desk.mail(SAM, "Poison", "Read me.", X_Assentd_Test="crash")
    for tries in (1, 2):
        until(lambda tries=tries: desk.one("SELECT max(attempts) FROM jobs") == tries and
              not desk.one("SELECT count(*) FROM job_leases"), f"death {tries}")
        desk.mail(SAM, f"Good {tries}", "Live on.")
        until(lambda tries=tries: desk.one("SELECT count(*) FROM tickets") == tries, "the rest")
        desk.go(60 * 60 * 1000)
    set_aside(desk)
    desk.ask()


@story()
def a_mail_that_takes_the_daemon_down_three_times_is_set_aside(desk):
    # The parser hangs, and the daemon is killed while it waits.
    desk.mail(SAM, "Poison", "Read me.", X_Assentd_Test="hang")
    for i in range(3):
        until(lambda i=i: desk.one("SELECT max(attempts) FROM job_leases") == i + 1,
              f"try {i + 1}")
        desk.process.send_signal(signal.SIGKILL)
        desk.process.wait()
        desk.start()
    set_aside(desk)
    holds("the sentence", desk.outcome(), "every try ended the program that read it")
    desk.ask()


@story()
def a_mail_out_that_takes_the_daemon_down_three_times_is_given_up(desk):
    desk.stop()
    desk.start(ASSENTD_FAULT="outlet.write:1:kill")
    desk.mail(SAM, "Seats", "Twelve seats for 4,800 EUR.", to=BOB, cc=AGENT)
    for _ in range(3):
        until(lambda: desk.process.poll() is not None, "a death")
        same("what ended it", desk.process.returncode, -signal.SIGKILL)
        desk.spawn(ASSENTD_FAULT="outlet.write:1:kill")
    until(lambda: desk.one("SELECT count(*) FROM jobs WHERE dead"), "the job that is given up")
    holds("why", desk.one("SELECT last_error FROM jobs WHERE dead"), "every try ended the program")
    desk.stop()
    desk.start()
    desk.ask()


if __name__ == "__main__":
    sys.exit(main(globals()))
