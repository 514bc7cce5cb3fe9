#!/usr/bin/python3
"""Questions that are asked, answered, forgotten: the main job with the whole daemon."""
import concurrent.futures
import json
import re
import sys
import urllib.parse

from daemon import (AGENT, ANNA, BOB, CARLA, DAY, FORM, LENA, MINUTE, SAM, address,
                    addresses_in, fetch, form, holds, main, same, story, until)


def evidence(desk):
    return json.loads(desk.one("SELECT evidence FROM ballots WHERE status = 'cast'"))


@story()
def an_engineer_asks_and_the_owner_decides_by_link(desk):
    request = desk.ask("May we order twelve seats for 4,800 EUR?")
    same("recipient", request.to, address(ANNA))
    holds("the request", request.text, "May we order twelve seats", "4,800 EUR",
          "drafted without AI", "silence is never taken as a yes")
    same("who answers automatically", request.header("Auto-Submitted"), "auto-generated")
    url = request.link("Approve")
    page = desk.open(url)
    same("status", page.status, 200)
    holds("the page", page.text, "May we order twelve seats", "Bob needs twelve", "Approve",
          "Reject")
    same("state after looking", desk.states(), ["sent"])
    done = desk.post(url, page, decision="reject", comment="Six are enough.")
    same("status", done.status, 200)
    holds("the answer", done.text, "You rejected this.", "Six are enough.")
    desk.quiet()
    same("state", desk.states(), ["rejected"])
    seen = evidence(desk)
    same("channel", seen["channel"], "link")
    same("peer", seen["peer"], "127.0.0.1")
    receipt = desk.wait_mail(to=ANNA, kind="receipt")
    holds("the receipt", receipt.text, "Rejected", "Six are enough.", "BEGIN ASSENTD RECEIPT",
          "signature ")
    note = desk.wait_mail(to=SAM, kind="outcome")
    holds("the note", note.text, "Rejected", "Six are enough.", "by link")
    first = desk.one("SELECT message_id FROM messages")
    same("thread of the note", first in note.header("References"), True)
    same("ledger", [r[0] for r in desk.rows("SELECT kind FROM ledger ORDER BY seq")],
         ["asked", "decision"])
    same("turnaround kept", desk.one("SELECT turnaround FROM approvals") > 0, True)
    desk.check_mails()


@story()
def a_reply_decides_and_says_who_vouched(desk):
    request = desk.ask()
    desk.answer(request, "Approved, thanks", Message_ID="<yes-1@northwind-tools.example>")
    desk.quiet()
    same("state", desk.states(), ["approved"])
    seen = evidence(desk)
    same("channel", seen["channel"], "reply")
    same("message", seen["source"].strip("<>"), "yes-1@northwind-tools.example")
    holds("what vouched", seen["vouched"], "mx.brightdesk.example", "dkim=pass",
          "the reply token matched")
    same("her words alone", seen["words"].strip(), "Approved, thanks")
    receipt = desk.wait_mail(to=ANNA, kind="receipt")
    same("answers her mail", receipt.header("In-Reply-To"), "<yes-1@northwind-tools.example>")
    holds("the note", desk.wait_mail(to=SAM, kind="outcome").text, "vouches for")


@story()
def later_mail_of_the_thread_joins_the_ticket(desk):
    desk.mail(SAM, "Router is down", "Bob says that the router in Lund is down.", to=BOB, cc=AGENT,
              Message_ID="<router-1@brightdesk.example>")
    desk.quiet()
    desk.mail(SAM, "Re: Router is down", "A new one costs 300 EUR.", to=BOB, cc=AGENT,
              In_Reply_To="<router-1@brightdesk.example>")
    desk.mail(BOB, "AW: the router [T-1001]", "It has to be there on Tuesday.")
    desk.quiet()
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
    same("messages", desk.one("SELECT count(*) FROM messages"), 3)
    desk.mail(SAM, "Re: Router is down", "ask: May we replace it?",
              In_Reply_To="<router-1@brightdesk.example>")
    desk.quiet()
    desk.go(MINUTE)
    holds("the request", desk.wait_mail(kind="request").text, "It has to be there on Tuesday",
          "300 EUR")


@story()
def a_bulk_mail_is_answered_line_by_line(desk):
    bulk = desk.ask_many("Label printer", "Two desks", "Batteries")
    same("links", [name for name, _ in bulk.links()],
         [f"{what} {n}" for n in (1, 2, 3) for what in ("Approve", "Reject")])
    same("links differ", len({url.split("?")[0] for _, url in bulk.links()}), 3)
    desk.answer(bulk, "1 yes\n2 no, too expensive\n3 ok")
    desk.quiet()
    same("states", desk.states(), ["approved", "rejected", "approved"])
    same("comments", [r[0] for r in desk.rows("SELECT comment FROM approvals ORDER BY item")],
         ["", "too expensive", ""])
    same("receipts", len(desk.mails(to=CARLA, kind="receipt")), 1)
    same("notes", len(desk.mails(to=LENA, kind="outcome")), 3)


@story()
def a_bulk_mail_is_answered_in_pieces(desk):
    bulk = desk.ask_many("Label printer", "Two desks", "Batteries")
    desk.answer(bulk, "2: no, too expensive")
    desk.quiet()
    same("states", desk.states(), ["sent", "rejected", "sent"])
    url = bulk.link("Approve 3")
    desk.post(url, desk.open(url), decision="approve", comment="")
    same("states", desk.states(), ["sent", "rejected", "approved"])
    desk.answer(bulk, "ok")
    desk.quiet()
    same("states", desk.states(), ["approved", "rejected", "approved"])
    same("open tokens", desk.one("SELECT count(*) FROM tokens WHERE open = 1"), 0)


@story()
def silence_is_reminded_once_and_never_becomes_a_yes(desk):
    request = desk.ask()
    desk.go(2 * DAY + MINUTE)
    reminder = desk.wait_mail(to=ANNA, kind="request", subject="Reminder")
    same("same link", reminder.link("Approve"), request.link("Approve"))
    desk.quiet()
    desk.go(3 * DAY)
    desk.quiet()
    same("reminders", len(desk.mails(subject="Reminder")), 1)
    same("states", desk.states(), ["sent"])
    desk.go(9 * DAY + MINUTE)
    desk.wait_states("expired")
    desk.quiet()
    holds("to her", desk.wait_mail(to=ANNA, kind="closed").text, "silence is never taken as a yes")
    holds("to him", desk.wait_mail(to=SAM, kind="outcome").text, "Expired")
    page = desk.open(request.link("Approve"))
    holds("the page", page.text, "The time to answer is over.", "Nothing was approved.")
    desk.answer(request, "Approved")
    desk.quiet()
    same("states", desk.states(), ["expired"])
    holds("what became of it", desk.outcome(), "closed before")


@story()
def an_expired_page_mails_a_fresh_question_to_the_address_on_file(desk):
    old = desk.ask()
    desk.go(15 * DAY)
    desk.wait_states("expired")
    desk.quiet()
    seen = desk.mails()
    page = desk.open(old.link("Approve"))
    for _ in range(3):
        answer = desk.post(old.link("Approve"), page)
        same("status", answer.status, 200)
    desk.quiet()
    fresh = [m for m in desk.mails(kind="request") if m not in seen]
    same("fresh questions, however often it is pressed", [m.to for m in fresh], [address(ANNA)])
    same("another link", fresh[0].link("Approve") != old.link("Approve"), True)
    desk.answer(old, "approved")
    desk.quiet()
    same("states after an answer to the old mail", sorted(desk.states()), ["expired", "sent"])
    desk.answer(fresh[0], "approved")
    desk.quiet()
    same("states", sorted(desk.states()), ["approved", "expired"])


@story()
def no_reminder_after_an_answer(desk):
    request = desk.ask()
    desk.answer(request, "no")
    desk.quiet()
    desk.go(30 * DAY)
    desk.quiet()
    same("states", desk.states(), ["rejected"])
    same("mails to her", [m.kind for m in desk.mails(to=ANNA)], ["request", "receipt"])


def click(url, page, decision):
    return fetch("POST", url, form(page, decision=decision, comment=decision), FORM)


@story()
def of_64_clicks_at_once_one_decides(desk):
    request = desk.ask()
    url = request.link("Approve")
    page = desk.open(url)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        clicks = [pool.submit(click, url, page, "approve" if i % 2 else "reject")
                  for i in range(64)]
    answers = [c.result() for c in clicks]
    won = [a for a in answers if "You approved this." in a.text or "You rejected this." in a.text]
    told = [a for a in answers if "Your answer came second and changed nothing." in a.text]
    same("statuses", {a.status for a in answers}, {200})
    same("one decides, the others are told", (len(won), len(told)), (1, 63))
    state = desk.states()[0]
    same("what was shown", "approved" if "You approved" in won[0].text else "rejected", state)
    for answer in told:
        holds("who was told", answer.text, f"This was {state} already.", "Anna Lindqvist")
    desk.quiet()
    same("receipts", len(desk.mails(kind="receipt")), 1)
    same("notes", len(desk.mails(kind="outcome")), 1)
    same("decisions in the ledger",
         desk.one("SELECT count(*) FROM ledger WHERE kind = 'decision'"), 1)


@story()
def a_reply_after_a_click_is_told_what_was_decided(desk):
    request = desk.ask()
    url = request.link("Reject")
    desk.post(url, desk.open(url), decision="reject", comment="too much")
    desk.answer(request, "approved")
    desk.quiet()
    same("states", desk.states(), ["rejected"])
    holds("the answer", desk.wait_mail(to=ANNA, kind="already").text, "Rejected", "too much",
          "Anna Lindqvist")


@story()
def a_new_question_takes_the_place_of_the_old_one(desk):
    old = desk.ask("Shall we buy twelve?")
    desk.mail(SAM, "Re: " + old.subject, "ask: Shall we buy six?")
    desk.quiet()
    desk.go(MINUTE)
    new = desk.wait_mail(kind="request", newer=[old])
    desk.quiet()
    same("states", sorted(desk.states()), ["sent", "superseded"])
    holds("the new question", new.text, "Shall we buy six?", "Shall we buy twelve?")
    page = desk.open(old.link("Approve"))
    holds("the old page", page.text, "A newer question took the place of this one.")
    desk.answer(old, "approved")
    desk.quiet()
    same("states", sorted(desk.states()), ["sent", "superseded"])


@story()
def a_question_can_be_taken_back_in_time(desk):
    desk.mail(SAM, "Order", "Twelve seats for 4,800 EUR.\n\nask: Shall we?", to=BOB, cc=AGENT)
    desk.quiet()
    desk.mail(SAM, "Re: Order [T-1001]", "withdraw")
    desk.quiet()
    desk.go(DAY)
    desk.quiet()
    same("states", desk.states(), ["withdrawn"])
    same("mails to her", desk.mails(to=ANNA), [])


@story()
def words_that_do_not_decide_are_asked_again_twice(desk):
    request = desk.ask()
    desk.answer(request, "Approved if it stays under 4,000 EUR.")
    desk.quiet()
    unclear = desk.wait_mail(to=ANNA, kind="unclear")
    holds("the mail", unclear.text, "condition", "Nothing was decided yet.", request.link("Approve"))
    same("told before", desk.mails(to=SAM, kind="question"), [])
    for words in ("Hm, perhaps.", "Well, perhaps.", "Perhaps tomorrow."):
        desk.answer(request, words)
        desk.quiet()
        same("states", desk.states(), ["sent"])
        same("explained", len(desk.mails(to=ANNA, kind="unclear")), 2)
        same("the engineer was told", len(desk.mails(to=SAM, kind="question")), 1)
    desk.answer(unclear, "approved")
    desk.quiet()
    same("states", desk.states(), ["approved"])


@story()
def a_question_back_goes_to_the_engineer(desk):
    request = desk.ask()
    desk.answer(request, "Why can they not share the seats?")
    desk.quiet()
    same("states", desk.states(), ["sent"])
    holds("the note", desk.wait_mail(to=SAM, kind="question").text,
          "Why can they not share the seats?")


@story(public=False)
def without_a_public_url_prefilled_answers_take_the_place_of_links(desk):
    request = desk.ask()
    same("pages named", re.findall(r"https?://[^\s\"'<>]+/a/", request.text + request.html), [])
    holds("the text", request.text, 'Reply to this mail with "ok"')
    answers = [a for a in addresses_in(request.html) if a.startswith("mailto:")]
    same("prefilled answers", len(answers), 2)
    to, _, rest = answers[0][7:].partition("?")
    given = urllib.parse.parse_qs(rest)
    desk.mail(ANNA, given["subject"][0], given["body"][0], to=urllib.parse.unquote(to))
    desk.quiet()
    same("states", desk.states(), ["approved"])


@story()
def another_owner_is_named_by_mail(desk):
    request = desk.ask()
    desk.mail(SAM, "Re: " + request.subject, "owner: bob.hansen@northwind-tools.example")
    desk.quiet()
    told = desk.wait_mail(to=ANNA, kind="owner-changed")
    holds("to the previous owner", told.text, "bob.hansen@northwind-tools.example")
    desk.answer(request, "approved")
    desk.quiet()
    same("an open question stays with her", desk.states(), ["approved"])
    same("in the ledger", desk.one("SELECT count(*) FROM ledger WHERE kind LIKE 'owner%'"), 1)
    desk.mail(SAM, "Re: " + request.subject, "ask: And the hardware?")
    desk.quiet()
    desk.go(MINUTE)
    desk.wait_mail(to=BOB, kind="request")


@story()
def an_owner_outside_the_customers_domains_is_refused(desk):
    request = desk.ask()
    desk.mail(SAM, "Re: " + request.subject, "owner: thief@elsewhere.example")
    desk.quiet()
    same("owner", desk.one("SELECT owner_email FROM organisations WHERE key = 'northwind'"),
         address(ANNA))
    holds("the transcript", desk.mails(to=SAM, kind="transcript")[-1].text, "Not done")


@story()
def an_answer_to_other_words_than_were_put_is_not_applied(desk):
    desk.mail(SAM, "Seats", "Twelve seats for 4,800 EUR.\n\nask: Shall we?", to=BOB, cc=AGENT)
    desk.quiet()
    desk.go(MINUTE)
    request = desk.wait_mail(kind="request")
    url = request.link("Approve")
    page = desk.open(url)
    answer = fetch("POST", url, form(page, decision="approve", comment="") .replace(
        page.fields["asked_hash"].encode(), b"0" * 64), FORM)
    same("states", desk.states(), ["sent"])
    same("status", answer.status, 200)
    holds("the page", answer.text, "Your decision is needed", "Shall we?")
    desk.quiet()
    same("decided", desk.one("SELECT count(*) FROM ledger WHERE kind = 'decision'"), 0)


@story()
def a_daemon_that_is_restarted_in_the_middle_doubles_nothing(desk):
    desk.mail(SAM, "Order", "Twelve seats for 4,800 EUR.\n\nask: Shall we?", to=BOB, cc=AGENT)
    desk.quiet()
    same("status of a stop", desk.stop(), 0)
    desk.go(MINUTE)
    desk.start()
    request = desk.wait_mail(kind="request")
    desk.quiet()
    desk.kill()
    desk.answer(request, "approved")
    desk.start()
    desk.wait_states("approved")
    desk.quiet()
    before = desk.world()
    for stop in (desk.kill, desk.stop):
        stop()
        desk.start()
        desk.quiet()
    same("world", desk.world(), before)
    same("mails", sorted(m.kind for m in desk.mails()),
         ["outcome", "receipt", "request", "transcript"])
    desk.check_mails()


@story()
def sigterm_ends_what_is_under_way_first(desk):
    for i in range(60):
        desk.mail(SAM, f"Order {i}", f"Seats for {i} EUR.\n\nask: Shall we?", to=BOB, cc=AGENT)
    until(lambda: desk.one("SELECT count(*) FROM tickets"), "the first ticket")
    same("status", desk.stop(), 0)
    same("children left", desk.said("ready "), True)
    same("held jobs", desk.one("SELECT count(*) FROM job_leases"), 0)
    desk.start()
    desk.quiet()
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 60)
    same("transcripts", len(desk.mails(kind="transcript")), 60)
    desk.check_mails()


if __name__ == "__main__":
    sys.exit(main(globals()))
