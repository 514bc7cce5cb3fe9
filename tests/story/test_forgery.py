#!/usr/bin/python3
"""Invariant 8: who may decide by mail, and who may command."""
import json
import sys

from daemon import (AGENT, ANNA, BOB, CARLA, HOST, SAM, address, holds, main, same, story)

STRANGER = "Anna Lindqvist <anna.lindqvist@gmail-mail.example>"
PASS = f"Authentication-Results: {HOST}; dkim=pass header.d=northwind-tools.example"
FAIL = f"Authentication-Results: {HOST}; dkim=fail header.d=northwind-tools.example"
HOP = f"Received: from mail.example by {HOST}; Mon, 16 Nov 2026 09:00:00 +0000"


def nothing_decided(desk, *words):
    """The sentence that the operator reads, and the open question."""
    desk.quiet()
    holds("what became of the mail", desk.outcome(), *words)
    same("states", desk.states(), ["sent"])
    same("decisions", desk.one("SELECT count(*) FROM ledger WHERE kind = 'decision'"), 0)


def may_still_answer(desk, request):
    desk.answer(request, "approved")
    desk.quiet()
    same("states", desk.states(), ["approved"])


@story()
def a_reply_that_fails_authentication_is_not_believed(desk):
    request = desk.ask()
    before = len(desk.mails())
    desk.answer(request, "approved", vouched="fail")
    nothing_decided(desk, "filed: not believed", f"{HOST} says dkim=fail")
    same("mails sent because of it", len(desk.mails()), before)
    may_still_answer(desk, request)


@story()
def a_reply_that_nobody_vouches_for_is_told_to_use_the_link(desk):
    request = desk.ask()
    desk.answer(request, "approved", vouched=None)
    nothing_decided(desk, "may not decide", "no mail server vouched")
    told = desk.wait_mail(to=ANNA, kind="unclear")
    holds("what she reads", told.text, "no mail server vouched", request.link("Approve"))
    desk.answer(request, "approved!", vouched=None)
    nothing_decided(desk, "may not decide")
    same("told once", len(desk.mails(kind="unclear")), 1)
    may_still_answer(desk, request)


@story()
def results_below_a_received_field_are_the_senders_own(desk):
    request = desk.ask()
    desk.answer(request, "approved", vouched=None, above=[HOP, PASS])
    nothing_decided(desk, "may not decide", "no mail server vouched")


@story()
def results_of_another_host_do_not_count(desk):
    request = desk.ask()
    for other in ("mx.thief.example", HOST + ".thief.example", "brightdesk.example", "", HOST + "/1"):
        desk.answer(request, "approved", vouched=None,
                    above=[PASS.replace(HOST, other)], References=request.id + " <" + other + "@x>")
        nothing_decided(desk, "filed:")


@story()
def a_fail_beside_a_pass_wins(desk):
    request = desk.ask()
    desk.answer(request, "approved", vouched=None, above=[PASS, FAIL])
    nothing_decided(desk, "filed: not believed")
    desk.answer(request, "approved now", vouched=None, above=[FAIL, PASS])
    nothing_decided(desk, "filed: not believed")


@story()
def a_pass_for_another_domain_vouches_for_nothing(desk):
    request = desk.ask()
    for domain in ("thief.example", "northwind-tools.example.thief.example", "example",
                   "xnorthwind-tools.example"):
        desk.answer(request, "approved", vouched=None, References=f"{request.id} <{domain}@x>",
                    above=[f"Authentication-Results: {HOST}; dkim=pass header.d={domain}"])
        nothing_decided(desk, "may not decide")


@story()
def a_mail_with_two_from_addresses_is_nobodys(desk):
    request = desk.ask()
    desk.answer(request, "approved", sender=f"{ANNA}, Bob <bob@thief.example>", vouched=None,
                above=[PASS])
    nothing_decided(desk, "filed:")
    desk.answer(request, "approved", vouched=None, above=[PASS, "From: Bob <bob@thief.example>"])
    nothing_decided(desk, "filed:")


@story()
def a_forwarded_question_cannot_be_answered_by_another(desk):
    request = desk.ask()
    desk.answer(request, "Approved", sender=BOB)
    nothing_decided(desk, "filed: an answer from bob.hansen@northwind-tools.example, but "
                    "anna.lindqvist@northwind-tools.example was asked")
    holds("what Bob reads", desk.wait_mail(to=BOB, kind="not-understood").text,
          "anna.lindqvist@northwind-tools.example", "can answer this question")
    before = len(desk.mails())
    desk.answer(request, "Approved", sender=STRANGER)
    nothing_decided(desk, "filed: an answer from anna.lindqvist@gmail-mail.example")
    same("mails to a stranger", len(desk.mails()), before)
    desk.answer(request, "Approved", sender=SAM)
    nothing_decided(desk)
    desk.answer(request, "Approved", sender=CARLA)
    nothing_decided(desk)
    may_still_answer(desk, request)


@story()
def a_machine_cannot_decide(desk):
    request = desk.ask()
    before = desk.mails()
    for field in ({"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"},
                  {"Precedence": "auto_reply"}, {"Auto_Submitted": "auto-generated"}):
        desk.answer(request, "Approved\n\nI am out of the office until Monday.",
                    subject="Automatic reply: approved", **field)
        nothing_decided(desk, "filed: no person wrote it")
    same("mails sent because of it", [(m.to, m.kind) for m in desk.mails(newer=before)],
         [(address(SAM), "stand-in")])
    may_still_answer(desk, request)


@story()
def quoted_words_and_subjects_are_no_evidence(desk):
    request = desk.ask()
    quoted = "".join(f"> {line}\n" for line in ("Approved", "yes", "1 ok"))
    desk.answer(request, "On Mon, Anna wrote:\n" + quoted, quote=False)
    nothing_decided(desk, "decides nothing")
    desk.answer(request, "", quote=False, subject="Approved")
    nothing_decided(desk, "decides nothing")
    desk.answer(request, "", subject="Re: Approved")
    nothing_decided(desk, "decides nothing")
    desk.answer(request, "-----Original Message-----\nFrom: Anna\nSubject: x\n\nApproved",
                quote=False)
    nothing_decided(desk, "decides nothing")
    may_still_answer(desk, request)


@story()
def a_links_token_is_no_reply_address(desk):
    request = desk.ask()
    token = request.link("Approve").split("/a/")[1].split("?")[0]
    user, domain = AGENT.split("@")
    desk.mail(ANNA, "Approved", "approved", to=f"{user}+{token}@{domain}")
    nothing_decided(desk)
    token = request.header("Reply-To").split("+")[1].split("@")[0]
    same("the reply token behind a link", desk.open(f"{desk.url}/a/{token}").status, 404)
    nothing_decided(desk)


@story()
def another_owners_address_cannot_use_the_token(desk):
    request = desk.ask()
    desk.answer(request, "rejected", sender=CARLA, In_Reply_To="<a@harbour-foods.example>",
                References="<a@harbour-foods.example>")
    nothing_decided(desk, "filed: an answer from carla.conti@harbour-foods.example")


@story()
def a_forged_engineer_is_not_heard(desk):
    body = "Please pay.\n\nask: May we pay 9,000 EUR?\nowner: bob.hansen@northwind-tools.example"
    desk.mail(SAM, "Pay this", body, to=BOB, cc=AGENT, vouched="fail")
    desk.quiet()
    holds("what became of it", desk.outcome(), "filed: not believed to be from staff",
          f"{HOST} says dkim=fail")
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 0)
    same("mails", desk.mails(), [])


@story()
def an_engineer_that_nobody_vouches_for_opens_a_ticket_and_commands_nothing(desk):
    body = "Please pay.\n\nask: May we pay 9,000 EUR?\nowner: bob.hansen@northwind-tools.example"
    desk.mail(SAM, "Pay this", body, to=BOB, cc=AGENT, vouched=None)
    desk.quiet()
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
    same("questions", desk.states(), [])
    same("owner", desk.one("SELECT owner_email FROM organisations WHERE key = 'northwind'"),
         address(ANNA))
    same("known contacts", desk.one("SELECT count(*) FROM contacts"), 0)
    holds("the transcript", desk.wait_mail(to=SAM, kind="transcript").text, "Not done",
          "no mail server vouched that this mail is yours")


@story()
def commands_in_quotes_are_not_heard(desk):
    desk.mail(SAM, "Order", "What do you think?\n\n> ask: Shall we?\n> owner: x@northwind-tools."
              "example\n\nOn Monday Bob wrote:\n> bulk: T-1001\n", to=BOB, cc=AGENT)
    desk.quiet()
    same("questions", desk.states(), [])
    holds("what became of it", desk.outcome(), "0 commands")


@story()
def a_stranger_gets_no_answer(desk):
    for subject, body in (("Hello", "ask: May I?"), ("Re: [T-1001]", "approved"),
                          ("Order", "status")):
        desk.mail("Eve <eve@elsewhere.example>", subject, body)
        desk.quiet()
        holds("what became of it", desk.outcome(), "filed: from nobody this desk knows")
    same("mails", desk.mails(), [])
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 0)


def without_trust(site):
    site["trust"] = {"source": "none"}


@story(change=without_trust)
def without_a_trust_source_the_token_decides_and_the_evidence_says_so(desk):
    # Staff cannot command by mail here, so the tool asks.
    desk.mail(SAM, "Order", "Twelve seats for 4,800 EUR.", to=BOB, cc=AGENT, vouched=None)
    desk.quiet()
    desk.assent("approval", "request", "--ticket", "T-1001")
    request = desk.wait_mail(kind="request")
    desk.answer(request, "approved", vouched=None, to=AGENT)
    nothing_decided(desk, "may not decide", "did not come to the address")
    desk.answer(request, "approved", vouched=None)
    desk.quiet()
    same("states", desk.states(), ["approved"])
    seen = json.loads(desk.one("SELECT evidence FROM ballots"))
    holds("the evidence", seen["vouched"], "sender not vouched for")


def links_only(site):
    site["approvals"] = {"reply_level": "link"}


@story(change=links_only)
def where_only_links_decide_a_reply_is_told_so(desk):
    request = desk.ask()
    desk.answer(request, "approved")
    nothing_decided(desk, "may not decide")
    holds("what she reads", desk.wait_mail(to=ANNA, kind="unclear").text,
          "An answer by mail does not decide here")


@story()
def the_same_mail_twice_counts_once(desk):
    request = desk.ask()
    raw = desk.answer(request, "approved", Message_ID="<once@northwind-tools.example>")
    desk.quiet()
    desk.drop(raw)
    desk.drop(b"Received: from relay.example by x; Mon, 16 Nov 2026 10:00:00 +0000\r\n" + raw)
    desk.quiet()
    same("outcomes", [r[0] for r in desk.rows("SELECT outcome FROM inbound ORDER BY n")][-2:],
         ["the same mail came before"] * 2)
    same("receipts", len(desk.mails(kind="receipt")), 1)


@story()
def our_own_mail_that_comes_back_is_filed(desk):
    request = desk.ask()
    desk.drop(request.raw)
    desk.quiet()
    holds("what became of it", desk.outcome(), "our own mail came back")
    same("mails", len(desk.mails()), 2)


if __name__ == "__main__":
    sys.exit(main(globals()))
