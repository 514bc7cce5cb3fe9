#!/usr/bin/python3
"""What engineers tell the desk by mail, and what it answers."""
import sys

from daemon import (AGENT, ANNA, BOB, CARLA, LENA, MARCO, MINUTE, SAM, address, holds, main,
                    same, story)

ELSE = "Kim Ek <kim@unknown-customer.example>"


def told(desk, to=SAM):
    """The newest transcript."""
    desk.quiet()
    return desk.mails(to=to, kind="transcript")[-1].text


def open_ticket(desk, title="Printer", to=BOB):
    desk.mail(SAM, title, "It costs 640 EUR.", to=to, cc=AGENT)
    desk.quiet()


@story()
def a_ticket_without_a_customer_asks_for_one(desk):
    open_ticket(desk, to=ELSE)
    holds("the transcript", told(desk), "no customer's address is in the mail", '"customer: KEY"')
    desk.mail(SAM, "Re: Printer [T-1001]", "ask: Shall we?")
    holds("the transcript", told(desk), "Not done", "belongs to no customer yet")
    desk.mail(SAM, "Re: Printer [T-1001]", "customer: nobody")
    holds("the transcript", told(desk), "Not done", 'no customer has the key "nobody"')
    desk.mail(SAM, "Re: Printer [T-1001]", "customer: harbour\nask: Shall we?")
    holds("the transcript", told(desk), "the ticket belongs to Harbour Foods", "question on the way")
    desk.go(MINUTE)
    desk.wait_mail(to=CARLA, kind="request")


@story()
def status_says_what_became_of_each_question(desk):
    open_ticket(desk)
    desk.mail(SAM, "Re: Printer [T-1001]", "status")
    holds("before", told(desk), "nobody was asked about this ticket yet")
    desk.mail(SAM, "Re: Printer [T-1001]", "ask: Shall we?")
    desk.quiet()
    desk.go(MINUTE)
    request = desk.wait_mail(kind="request")
    desk.mail(SAM, "Re: Printer [T-1001]", "status")
    holds("while it is open", told(desk), "Shall we?", address(ANNA), "sent")
    desk.answer(request, "no")
    desk.quiet()
    desk.mail(SAM, "Re: Printer [T-1001]", "STATUS")
    holds("after", told(desk), "Shall we?", "rejected")


@story()
def bulk_names_what_it_cannot_find(desk):
    open_ticket(desk)
    for line, answer in (("bulk: T-1001, T-9999", "there is no ticket T-9999"),
                         ("bulk: printer", '"printer" is no ticket'),
                         ("bulk: T-1001, T-1001", "named twice"),
                         ("bulk", 'write "bulk: T-1001, T-1002"'),
                         ("ask: Shall we?", "belongs to no ticket"),
                         ("withdraw", "belongs to no ticket")):
        desk.mail(SAM, "Do it", line)
        holds(line, told(desk), "Not done", answer)
    same("questions", desk.states(), [])


@story()
def bulk_without_names_takes_every_open_ticket_of_the_customer(desk):
    open_ticket(desk, "Printer")
    open_ticket(desk, "Desks")
    open_ticket(desk, "Another customer's", to=MARCO)
    desk.mail(SAM, "Re: Printer [T-1001]", "bulk")
    desk.quiet()
    desk.go(MINUTE)
    batch = desk.wait_mail(to=ANNA, kind="batch")
    holds("the bulk mail", batch.text, "[T-1001]", "[T-1002]")
    same("the other customer's", "[T-1003]" in batch.text, False)


@story()
def bulk_about_two_customers_asks_each_owner(desk):
    open_ticket(desk, "Printer")
    open_ticket(desk, "Desks")
    open_ticket(desk, "Oven", to=MARCO)
    desk.mail(LENA, "Do it", "bulk: T-1001 T-1002 T-1003")
    desk.quiet()
    desk.go(MINUTE)
    desk.wait_mail(to=ANNA, kind="batch")
    desk.wait_mail(to=CARLA, kind="request")


@story()
def one_item_of_a_bulk_mail_can_be_taken_back(desk):
    batch = desk.ask_many("Printer", "Desks", "Batteries")
    desk.mail(LENA, "Re: Desks [T-1002]", "withdraw")
    desk.quiet()
    same("states", desk.states(), ["sent", "withdrawn", "sent"])
    desk.answer(batch, "ok")
    desk.quiet()
    same("states", desk.states(), ["approved", "withdrawn", "approved"])


@story()
def many_commands_in_one_mail_are_answered_in_one(desk):
    desk.mail(SAM, "Printer", "It costs 640 EUR.\n\nask: Shall we?\nstatus\nwithdraw\nstatus",
              to=BOB, cc=AGENT)
    text = told(desk)
    holds("the transcript", text, "Shall we?", "withdrawn")
    same("transcripts", len(desk.mails(kind="transcript")), 1)
    desk.go(5 * MINUTE)
    desk.quiet()
    same("mails to her", desk.mails(to=ANNA), [])


@story()
def a_sentence_that_begins_like_a_command_is_none(desk):
    desk.mail(SAM, "Printer", "Ask Bob about it: he knows.\nOwner is Anna.\nStatus report follows.\n"
              "We may withdraw the offer.", to=BOB, cc=AGENT)
    desk.quiet()
    holds("what became of it", desk.outcome(), "0 commands")
    same("questions", desk.states(), [])


@story()
def an_html_only_mail_is_heard_as_well(desk):
    raw = desk.letter(SAM, "Printer", "<p>It costs 640 EUR.</p><p>ask: Shall we?</p>", to=BOB,
                      cc=AGENT).replace(b"text/plain", b"text/html")
    desk.drop(raw)
    desk.quiet()
    desk.go(MINUTE)
    holds("the request", desk.wait_mail(kind="request").text, "Shall we?", "It costs 640 EUR.")


@story()
def a_customer_cannot_write_into_another_customers_ticket(desk):
    open_ticket(desk)
    desk.mail(MARCO, "Re: Printer [T-1001]", "It must be the expensive one.")
    desk.quiet()
    holds("what became of it", desk.outcome(), "filed: names a ticket of another customer")
    same("messages", desk.one("SELECT count(*) FROM messages"), 1)


@story()
def what_is_known_is_written_down_and_shown_to_no_owner(desk):
    open_ticket(desk)
    desk.mail(SAM, "Re: Printer [T-1001]",
              "finding: The rollers are worn,\nas last year\nfix: Replace the rollers (80%)\n"
              "task: Which model is it?\n\nanswer 1: An LX 300\nskip 9\n")
    said = told(desk)
    holds("the transcript", said, "noted as finding 1", "fix 1 is now the suggested one, at 80%",
          "open question 1", '"Which model is it?" is answered', "this ticket has no task 9")
    same("finding", desk.rows("SELECT text, author FROM findings"),
         [("The rollers are worn,\nas last year", address(SAM))])
    desk.mail(LENA, "Re: Printer [T-1001]", "fix: Buy another one\nIt is ten years old. (90 %)")
    desk.quiet()
    same("fixes", desk.rows("SELECT title, description, confidence, state FROM fixes ORDER BY n"),
         [("Replace the rollers", "", 80, "superseded"),
          ("Buy another one", "It is ten years old.", 90, "active")])
    desk.mail(SAM, "Re: Printer [T-1001]", "ask: Shall we?")
    desk.quiet()
    desk.go(MINUTE)
    request = desk.wait_mail(kind="request")
    for word in ("rollers", "ten years old", "LX 300"):
        same(word, word in request.text, False)
    for who in (BOB, ANNA):
        desk.mail(who, "Re: Printer [T-1001]", "finding: all is well\nfix: pay me (100%)\ntask: x")
        desk.quiet()
    same("of others", [desk.one(f"SELECT count(*) FROM {t}") for t in ("findings", "fixes", "tasks")],
         [1, 2, 1])


@story()
def a_customer_cannot_command(desk):
    open_ticket(desk)
    desk.mail(BOB, "Re: Printer [T-1001]", "ask: Shall we?\nowner: bob.hansen@northwind-tools."
              "example\nwithdraw\nbulk: T-1001")
    desk.quiet()
    same("questions", desk.states(), [])
    same("owner", desk.one("SELECT owner_email FROM organisations WHERE key = 'northwind'"),
         address(ANNA))


@story()
def mail_after_the_question_does_not_change_what_was_asked(desk):
    request = desk.ask("Shall we buy six?")
    desk.mail(BOB, "Re: Twelve more licences [T-1001]", "Make it sixty, for 48,000 EUR.")
    desk.quiet()
    page = desk.open(request.link("Approve"))
    same("sixty on the page", "sixty" in page.text, False)
    desk.answer(request, "approved")
    desk.quiet()
    same("states", desk.states(), ["approved"])


if __name__ == "__main__":
    sys.exit(main(globals()))
