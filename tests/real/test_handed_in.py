#!/usr/bin/python3
"""Packets that sources of the settings hand in, signed as webhooks are."""
import concurrent.futures
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from hooks import NEW, Helpdesk, signature, source, sources

from daemon import BOB, MINUTE, SAM, address, holds, main, same, story

PATH = "/api/v1/escalations"
WHAT = {"title": "The invoice names no cost centre", "reason": "missing_data",
        "organisation": "northwind"}
MAY = {"change": sources(source(may_escalate=True), source("other", may_escalate=True,
                                                           customers=["harbour"]), source("mute"))}


def hand(helpdesk, what=None, **how):
    body = json.dumps(WHAT if what is None else what).encode()
    return helpdesk.post(body, path=how.pop("path", f"{PATH}?source={helpdesk.name}"), **how)


def packets(desk):
    return desk.one("SELECT count(*) FROM escalations")


@story(**MAY)
def a_signed_packet_is_taken_once(desk):
    helpdesk = Helpdesk(desk)
    first = hand(helpdesk, delivery="one")
    same("status", (first.status, first.json["changed"]), (201, True))
    packet = first.json["escalation"]
    same("whose", (packet["source"], packet["organisation"]), ("hook:desk", "northwind"))
    holds("mail", desk.wait_mail(kind="escalation", to=SAM).text, WHAT["title"])
    again = hand(helpdesk, delivery="one")
    same("again", (again.status, again.json, again.headers["Idempotent-Replay"]),
         (201, first.json, "true"))
    other = hand(helpdesk, {**WHAT, "title": "Other"}, delivery="one")
    same("another body", (other.status, other.error["code"]), (422, "idempotency-key"))
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: hand(helpdesk, delivery="ten").status, range(10)))
    same("ten at once", set(answers), {201})
    same("packets", packets(desk), 2)
    # Its keys are its own, and found again by itself.
    keyed = {**WHAT, "once_key": "4711"}
    same("keyed", [hand(helpdesk, keyed).status for _ in range(2)], [201, 200])
    theirs = hand(Helpdesk(desk, "other"), {**keyed, "organisation": "harbour"})
    same("another's", (theirs.status, theirs.json["changed"]), (201, True))
    same("packets", packets(desk), 4)
    desk.check_ledger()


@story(**MAY)
def who_does_not_sign_hears_nothing(desk):
    helpdesk = Helpdesk(desk)
    body = json.dumps(WHAT).encode()
    now = desk.now() // 1000
    cases = {
        "another secret": {"sign": signature(NEW, "x", now, body), "delivery": "x"},
        "another body": {"sign": signature(helpdesk.secret, "x", now, b"{}"), "delivery": "x"},
        "too old": {"seconds": now - 301}, "too new": {"seconds": now + 302},
        "no such source": {"path": PATH + "?source=nobody"}, "no source": {"path": PATH},
        "another source": {"path": PATH + "?source=x%00y"},
        "no id": {"headers": {"webhook-id": None}},
        "a token beside": {"headers": {"Authorization": "Bearer asn_x"}},
        "no signature": {"headers": {"webhook-signature": None}},
        "an empty one": {"headers": {"webhook-signature": ""}},
    }
    for name, how in cases.items():
        answer = hand(helpdesk, **how)
        same(name, (answer.status, answer.error.get("code")), (401, "unauthorized"))
        holds(name, answer.headers["WWW-Authenticate"], "Bearer")
    # It opens nothing else.
    for path in ("/api/v1/tickets?source=desk",
                 PATH + "/01010101-0101-7101-8101-010101010101/resolve?source=desk"):
        same(path, hand(helpdesk, path=path).status, 401)
    same("packets", packets(desk), 0)
    mute = hand(Helpdesk(desk, "mute"))
    same("may not", (mute.status, mute.error["code"]), (403, "denied"))
    holds("sentence", mute.error["message"], "may_escalate")
    for _ in range(40):
        answer = hand(helpdesk, sign="v1,AAAA")
    same("guesses", (answer.status, answer.error["code"], answer.headers["Retry-After"] != ""),
         (429, "rate", True))
    same("a good one all the same", hand(helpdesk).status, 201)


@story(**MAY)
def a_source_speaks_for_its_customers_only(desk):
    desk.mail(SAM, "Printer", "It costs 640 EUR.", to=BOB, cc="agent@brightdesk.example")
    desk.quiet()
    ours, theirs = Helpdesk(desk), Helpdesk(desk, "other")
    plain = {k: v for k, v in WHAT.items() if k != "organisation"}
    same("its ticket", hand(ours, {**plain, "ticket": "T-1001"}).json["escalation"]["organisation"],
         "northwind")
    for helpdesk, what, where in (
            (theirs, WHAT, "/organisation"), (theirs, {**plain, "ticket": "T-1001"}, "/ticket"),
            (theirs, {**plain, "organisation": "harbour", "ticket": "T-1001"}, "/ticket"),
            (ours, plain, "/organisation"), (ours, {**plain, "organisation": "nobody"}, "/organisation"),
            (ours, {**WHAT, "ticket": "T-9"}, "/ticket"), (ours, {**WHAT, "reason": "No!"}, "/reason"),
            (ours, {**WHAT, "to": address(BOB)}, "/to"), (ours, {**WHAT, "by": "eve"}, "/by"),
            (ours, {**WHAT, "once_key": "x" * 195}, "/once_key")):
        answer = hand(helpdesk, what)
        same(f"{what}"[:90], (answer.status, answer.error.get("pointer")), (422, where))
    same("packets", packets(desk), 1)
    for body, status in ((b"{", 400), (b"[]", 422), (b"", 400)):
        same(str(body), ours.post(body, path=PATH + "?source=desk").status, status)
    same("type", hand(ours, headers={"Content-Type": "text/plain"}).status, 415)


def slow(settings):
    MAY["change"](settings)
    settings["http"]["api_rate"] = 3


@story(change=slow)
def a_source_has_so_many_requests_a_minute(desk):
    helpdesk = Helpdesk(desk)
    same("three", [hand(helpdesk).status for _ in range(4)], [201, 201, 201, 429])
    desk.go(MINUTE)
    same("a minute later", hand(helpdesk).status, 201)


if __name__ == "__main__":
    sys.exit(main(globals()))
