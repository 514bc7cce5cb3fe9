#!/usr/bin/python3
"""Tickets that are resolved, handed over, laid aside: by mail, by the tool, and what follows."""
import sys

from daemon import (AGENT, ANNA, BOB, DAY, LENA, MINUTE, SAM, Failure, address, holds, main, same,
                    story, until)


def opened(desk, more=""):
    desk.mail(SAM, "Printer", f"It makes a noise.\n\n{more}", to=BOB, cc=AGENT)
    desk.quiet()


def told(desk):
    desk.quiet()
    return desk.mails(to=SAM, kind="transcript")[-1].text


def refused(desk, *words):
    done = desk.run(*words)
    if done.returncode == 0:
        raise Failure(f"{words} was done: {done.stdout}")
    return done.stderr


def status(desk):
    return desk.one("SELECT status FROM tickets")


@story()
def what_is_resolved_by_mail_gets_its_notes(desk):
    opened(desk, "finding: The fan touches the grille")
    desk.mail(SAM, "Re: Printer [T-1001]", "spent 25m\nresolve: A new fan was put in\nand tested.")
    holds("transcript", told(desk), "25 min in all now", "resolved; the notes are being written")
    until(lambda: desk.one("SELECT count(*) FROM documents") == 2, "notes and resolution")
    notes = desk.one("SELECT text FROM documents WHERE kind = 'notes'")
    holds("notes", notes, "## Problem Summary", "The fan touches the grille",
          "A new fan was put in", "25 min")
    holds("resolution", desk.one("SELECT text FROM documents WHERE kind = 'resolution'"),
          "## Root cause", "A new fan was put in")
    # Whoever comes second is told who was first.
    desk.mail(LENA, "Re: Printer [T-1001]", "resolve: done")
    desk.quiet()
    holds("second", desk.mails(to=LENA, kind="transcript")[-1].text, "Not done",
          f"{address(SAM)} resolved it on")
    holds("tool", refused(desk, "ticket", "resolve", "T-1001"), "T-1001 is resolved already",
          f"{address(SAM)} resolved it on")
    # The customer's words open it again.
    desk.mail(BOB, "Re: Printer [T-1001]", "It is still loud.")
    desk.quiet()
    same("status", status(desk), "open")


@story()
def what_is_laid_aside_comes_back_with_its_partial_answers(desk):
    opened(desk, "task: Which model is it?\ntask: Order a fan")
    desk.assent("task", "answer", "T-1001", "1", "An LX, he thinks", "--part")
    done = desk.assent("ticket", "pause", "T-1001", "--comment", "The supplier.", "--spent", "1h")
    same("paused", (done["status"], done["spent"], len(done["open"])), ("paused", 60, 2))
    desk.stop()
    desk.start()
    desk.go(3 * DAY)
    shown = desk.assent("ticket", "show", "T-1001")
    same("shown", (shown["status"], shown["status_before"]), ("paused", "open"))
    done = desk.assent("ticket", "resume", "T-1001")
    same("open", [(t["text"], t["answer"]) for t in done["open"]],
         [("Which model is it?", "An LX, he thinks"), ("Order a fan", "")])
    holds("twice", refused(desk, "ticket", "resume", "T-1001"), "open, not paused",
          "operator resumed it on")
    same("listed", [t["ticket"] for t in desk.assent("ticket", "list", "--status", "open")],
         ["T-1001"])


@story()
def who_takes_it_over_gets_the_handoff(desk):
    opened(desk, "finding: The fan touches the grille\nask: May we order a fan?")
    desk.go(MINUTE)
    request = desk.wait_mail(to=ANNA, kind="request")
    desk.mail(SAM, "Re: Printer [T-1001]", f"escalate to {address(LENA)}: I am on holiday")
    holds("transcript", told(desk), f"handed over to {address(LENA)}")
    mail = desk.wait_mail(to=LENA, kind="handoff")
    same("subject", mail.header("Subject"), "Handed to you: Printer [T-1001]")
    holds("handoff", mail.text, "Sam Okafor hands this ticket to you", "> I am on holiday",
          "The fan touches the grille", "Anna Lindqvist is being asked: May we order a fan?",
          "drafted without AI")
    # What the owner says is hers now.
    desk.answer(request, "yes")
    desk.quiet()
    outcome = desk.mails(to=LENA, kind="outcome")
    same("outcomes", len(outcome), 1)
    same("status", status(desk), "decided")
    # She answers the mail.
    desk.answer(mail, "finding: It is the grille that is bent\nresolve: Bent it back", sender=LENA)
    desk.quiet()
    same("status", status(desk), "resolved")
    desk.check_ledger()


@story()
def nobody_is_asked_about_what_is_solved(desk):
    opened(desk, "ask: May we order a fan?")
    desk.go(MINUTE)
    request = desk.wait_mail(to=ANNA, kind="request")
    holds("tool", refused(desk, "ticket", "resolve", "T-1001"),
          f"{address(ANNA)} is being asked about it")
    done = desk.assent("ticket", "resolve", "T-1001", "--withdraw")
    same("withdrawn", (done["status"], done["withdrawn"]), ("resolved", 1))
    desk.wait_mail(to=ANNA, kind="closed")
    desk.answer(request, "yes")
    desk.quiet()
    same("states", desk.states(), ["withdrawn"])
    same("status", status(desk), "resolved")


if __name__ == "__main__":
    sys.exit(main(globals()))
