#!/usr/bin/python3
"""A packet as people have it: the mail, answers to it, the page behind its link; in English and Arabic."""
import re
import sys

from daemon import (AGENT, FORM, LENA, SAM, Failure, address, fetch, form, holds, main, same, story,
                    until)
from test_packets import raised, roles, state


def link(mail):
    found = re.search(r"https?://\S+/e/[a-z2-7]{32}", mail.text)
    if not found:
        raise Failure(f"no link in the mail to {mail.to}:\n{mail.text}")
    same("in both", found.group(0) in mail.html, True)
    return found.group(0)


def last(desk, who, kind="escalation-answer"):
    desk.quiet()
    return desk.mails(to=who, kind=kind)[-1]


def in_arabic(settings):
    roles(settings)
    settings["locale"] = "ar"


def two_at_the_desk(settings):
    roles(settings)
    settings["roles"] = [{"name": "desk", "people": [address(SAM), address(LENA)]},
                         {"name": "manager", "people": [address(LENA)]}]


@story(change=two_at_the_desk)
def one_takes_it_by_mail_and_resolves_it_on_the_page(desk):
    packet = raised(desk, risk="The deal is lost.", missing=["The order form"])
    mail = desk.wait_mail(to=SAM, kind="escalation")
    other = desk.wait_mail(to=LENA, kind="escalation")
    holds("mail", mail.text, "This needs you", "High-value deal", "The deal is lost.",
          "- The order form", "snooze 2h")
    same("own links", link(mail) != link(other), True)
    # A robot and a question do nothing; the question hears what may be written.
    desk.answer(mail, "ack", Auto_Submitted="auto-replied")
    desk.answer(mail, "What is this about?")
    holds("unclear", last(desk, SAM).text, "could not be understood", "resolved: WHAT WAS DONE")
    same("state", state(desk, packet), "pending")
    desk.answer(mail, "ack\n\nThanks, Sam")
    holds("confirmed", last(desk, SAM).text, "You have it.")
    same("state", state(desk, packet), "in_progress")
    holds("moved", last(desk, LENA, "escalation-moved").text, f"{address(SAM)} has acknowledged it")
    # Whoever looks changes nothing, however he looks.
    before = desk.dump()
    for method in ("GET", "HEAD", "GET"):
        same("status", desk.open(link(mail), method).status, 200)
    desk.open(link(mail) + "?decision=resolve")
    fetch("POST", link(mail), b"decision=resolve&nonce=" + b"a" * 32, FORM)
    same("what is stored", desk.dump(), before)
    page = desk.open(link(mail))
    holds("page", page.text, "You have this", "The deal is lost.")
    same("ack offered", "I have it" in page.text, False)
    done = desk.post(link(mail), page, decision="resolve", comment="Called them.\nThey signed.")
    holds("done", done.text, "It is resolved.", "Called them.")
    same("state", state(desk, packet), "resolved")
    holds("told", last(desk, LENA, "escalation-resolved").text, f"{address(SAM)} resolved this",
          "> Called them.", "> They signed.")
    # The second one changes nothing and is told who was first, by mail and on the page.
    desk.answer(other, "resolved: me too")
    holds("second", last(desk, LENA).text, "It was resolved before", address(SAM))
    late = fetch("POST", link(other), form(page, decision="resolve", comment="me"), FORM)
    holds("late", late.text, "This is resolved", address(SAM), "Called them.")
    desk.answer(mail, "reopen")
    holds("reopened", last(desk, SAM).text, "It is open again.")
    same("state", state(desk, packet), "pending")
    holds("old link", desk.open(link(mail)).text, "This link is too old")
    desk.check_ledger()


@story(change=roles)
def who_was_not_asked_and_whom_nobody_vouches_for_does_nothing(desk):
    packet = raised(desk)
    mail = desk.wait_mail(to=SAM, kind="escalation")
    desk.answer(mail, "ack", sender="Mallory <mallory@evil.example>")
    desk.answer(mail, "ack", sender=SAM, vouched="fail")
    desk.quiet()
    same("state", state(desk, packet), "pending")
    same("answers", len(desk.mails(kind="escalation-answer")), 0)
    desk.answer(mail, "ack", sender=SAM, vouched=None)
    holds("not vouched", last(desk, SAM).text, "No mail server vouched")
    same("state", state(desk, packet), "pending")
    # Staff may act on what a colleague got.
    desk.mail(LENA, "Fwd: " + mail.subject, f"assign {address(LENA)}", to=AGENT,
              In_Reply_To=mail.id)
    holds("hers", last(desk, LENA).text, f"It was put to {address(LENA)}.")
    same("state", state(desk, packet), "in_progress")
    unknown = desk.open(desk.url + "/e/" + "a" * 32)
    same("unknown", (unknown.status, "does not work" in unknown.text), (404, True))


@story(change=in_arabic)
def it_is_whole_in_arabic(desk):
    packet = raised(desk, texts={"title": {"ar": "صفقة فوق الحد"}})
    mail = desk.wait_mail(to=SAM, kind="escalation")
    holds("mail", mail.text, "صفقة فوق الحد", "الأولوية: عالية", "استلمت")
    holds("html", mail.html, '<html lang="ar" dir="rtl">')
    same("English", re.findall(r"Priority|Reply|Raised|Sent by", mail.text), [])
    desk.answer(mail, "استلمت")
    holds("confirmed", last(desk, SAM).text, "الأمر عندكم الآن")
    page = desk.open(link(mail))
    holds("page", page.html, '<html lang="ar" dir="rtl">', "صفقة فوق الحد")
    holds("done", desk.post(link(mail), page, decision="resolve", comment="اتصلنا بهم").text,
          "أُنجز الأمر")
    until(lambda: state(desk, packet) == "resolved", "the packet to be resolved")
    same("action", desk.one("SELECT action FROM escalations"), "اتصلنا بهم")
    # What Arabic has no words for comes in English, and does come.
    desk.mail(SAM, "Printer", "status\n\nIt is loud.", to=AGENT)
    holds("transcript", last(desk, SAM, "transcript").html, '<html lang="en" dir="ltr">')


if __name__ == "__main__":
    sys.exit(main(globals()))
