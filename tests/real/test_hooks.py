#!/usr/bin/python3
"""Signed webhooks of helpdesks, told to a whole daemon."""
import json
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hooks  # pylint: disable=wrong-import-position
from hooks import NEW, OLD, Helpdesk, source, sources, ticket  # pylint: disable=wrong-import-position

from daemon import (ANNA, BOB, Desk, HOUR, MARCO, MINUTE, SAM, address, holds, main, same, story,
                    until)

HOOKED = {"change": sources(source())}
OWNERS = {"change": sources(source(may_set_owner=True))}
MAKING = {"change": sources(source(customers=["*"], domains=["lakeside-prints.example"],
                                   may_set_owner=True), source("other"))}


def inbound(desk):
    return desk.one("SELECT count(*) FROM inbound")


def shown(desk, ref="T-1001"):
    return desk.assent("ticket", "show", ref)


# --- what a helpdesk may tell ----------------------------------------------------


@story(**HOOKED)
def a_ticket_of_a_helpdesk_is_taken_in_once(desk):
    helpdesk = Helpdesk(desk)
    first = helpdesk.send("ticket.created", {"ticket": ticket(
        priority="high", status="New", url="https://help.brightdesk.example/4711",
        engineer={"email": address(SAM)}, attributes={"cost": "4800 EUR", "urgent": True},
        messages=[{"id": 1, "text": "Any news?", "public": True, "from": {"email": address(BOB)}},
                  {"id": 2, "text": "Check the budget", "public": False}])})
    same("status", first.status, 202)
    same("outcome", helpdesk.outcome(first.json["id"]), "done: T-1001 opened")
    seen = shown(desk)
    same("title", seen["title"], "Twelve more CAD licences")
    same("customer", seen["organisation_key"], "northwind")
    same("requester", seen["requester"], address(BOB))
    same("engineer", seen["engineer"], address(SAM))
    same("of the helpdesk", [seen[k] for k in ("source", "external_id", "external_status",
                                               "priority", "external_url")],
         ["desk", "4711", "New", "high", "https://help.brightdesk.example/4711"])
    same("attributes", seen["attributes"], {"cost": "4800 EUR", "urgent": True})
    same("thread", [(m["public"], m["text"][:10]) for m in seen["messages"]],
         [(True, "Bob needs "), (True, "Any news?"), (False, "Check the ")])
    same("contact", desk.one("SELECT name FROM contacts WHERE email = ?", address(BOB)),
         "Bob Hansen")
    # The same ticket once more, by another delivery: nothing new.
    again = helpdesk.tell("ticket.created", {"ticket": ticket(
        priority="high", status="New",
        messages=[{"id": 1, "text": "Any news?", "public": True, "from": {"email": address(BOB)}}])})
    same("again", again, "done: nothing new about T-1001")
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
    same("messages", desk.one("SELECT count(*) FROM messages"), 3)
    same("version", desk.one("SELECT state_version FROM tickets"), 1)
    text = desk.run("ticket", "show", "T-1001").stdout
    holds("ticket show", text, "4711", "high", "New", "cost")
    listed = [(i["subject"], i["ticket"], i["outcome"]) for i in desk.assent("inbound", "list")]
    same("inbound list", listed, [("ticket.created 4711", "T-1001", "nothing new about T-1001"),
                                  ("ticket.created 4711", "T-1001", "T-1001 opened")])


@story(**HOOKED)
def messages_and_changes_find_their_ticket(desk):
    helpdesk = Helpdesk(desk)
    helpdesk.tell("ticket.created", {"ticket": ticket(status="New")})
    said = helpdesk.tell("message.added", {"ticket": {"id": "4711"}, "message": {
        "id": "m1", "text": "It may be eleven.", "public": True,
        "from": {"email": address(BOB), "name": "Bob"}}})
    same("message", said, "done: T-1001 brought up to date")
    said = helpdesk.tell("status.changed", {"ticket": {"id": "4711", "status": "In progress"}})
    same("status", said, "done: T-1001 brought up to date")
    said = helpdesk.tell("ticket.updated", {"ticket": {"id": "4711", "title": "Eleven licences"}})
    same("update", said, "done: T-1001 brought up to date")
    same("state version", desk.one("SELECT state_version FROM tickets"), 4)
    seen = shown(desk)
    same("title", seen["title"], "Eleven licences")
    same("their status", seen["external_status"], "In progress")
    changes = [(e["kind"], e["before"], e["after"]) for e in seen["events"]]
    same("events", changes, [
        ("ticket.opened", "", "Twelve more CAD licences"), ("message.added", "", address(BOB)),
        ("ticket.status", "New", "In progress"),
        ("ticket.title", "Twelve more CAD licences", "Eleven licences")])
    said = helpdesk.tell("status.changed", {"ticket": {"id": "99", "status": "New"}})
    same("unknown", said, "filed: ticket 99 is not known here, and the event brings no title")


@story(**HOOKED)
def an_older_event_makes_nothing_older(desk):
    helpdesk = Helpdesk(desk)
    now = desk.now()
    helpdesk.tell("ticket.created", {"ticket": ticket(title="First")}, at=now - 60000)
    helpdesk.tell("ticket.updated", {"ticket": ticket(title="Third", priority="low")}, at=now)
    late = helpdesk.tell("ticket.updated", {"ticket": ticket(
        title="Second", description="Other words", priority="high",
        messages=[{"id": "m", "text": "Came late", "public": True}])}, at=now - 30000)
    same("late", late, "done: T-1001 brought up to date")
    seen = shown(desk)
    same("facts", [seen["title"], seen["priority"]], ["Third", "low"])
    same("words", [m["text"][:9] for m in seen["messages"]], ["Bob needs", "Came late"])
    late = helpdesk.tell("ticket.updated", {"ticket": ticket(title="Second")}, at=now - 30000)
    same("late", late, "done: nothing new about T-1001: newer facts stand")


@story(**HOOKED)
def html_becomes_words_and_scripts_are_gone(desk):
    helpdesk = Helpdesk(desk)
    body = ("<p>Please order <b>two</b> desks.</p><script>alert('x')</script>"
            "<style>p{color:red}</style><img src=x onerror=alert(1)><!-- open")
    helpdesk.tell("ticket.created", {"ticket": {
        "id": 5, "title": "Desks <script>", "customer": "northwind", "description_html": body,
        "messages": [{"id": 1, "html": "<div>And a <i>chair</i></div>", "public": True}]}})
    texts = [m["text"] for m in shown(desk)["messages"]]
    holds("description", texts[0], "Please order two desks.")
    holds("message", texts[1], "And a chair")
    for word in ("alert", "color", "<"):
        if word in texts[0]:
            raise AssertionError(f"{word!r} is in {texts[0]!r}")


@story(**HOOKED)
def a_helpdesk_asks_and_the_owner_decides(desk):
    helpdesk = Helpdesk(desk)
    said = helpdesk.tell("approval.requested", {
        "ticket": ticket(engineer={"email": address(SAM)}), "question": "Shall we order them?",
        "summary": "Twelve licences\n4,800 EUR a year"})
    same("asked", said, f"done: T-1001 opened; {address(ANNA)} is asked about 1 ticket")
    desk.go(MINUTE)
    mail = desk.wait_mail(to=ANNA, kind="request")
    holds("the request", mail.text, "Shall we order them?", "Twelve licences", "4,800 EUR a year",
          "Bob needs twelve more CAD licences")
    desk.answer(mail, "Approved, thanks")
    desk.wait_states("approved")
    desk.wait_mail(to=SAM, kind="outcome")
    desk.wait_mail(to=ANNA, kind="receipt")
    same("who asked", desk.one("SELECT requested_by FROM approvals"), "hook:desk")
    desk.check_ledger()


@story(**HOOKED)
def several_tickets_are_asked_in_one_mail(desk):
    helpdesk = Helpdesk(desk)
    helpdesk.tell("ticket.created", {"ticket": ticket("1", title="Known before")})
    said = helpdesk.tell("approval.requested", {"tickets": [
        {"id": "1"}, ticket("2", title="Two chairs"), ticket("3", title="A lamp")]})
    holds("asked", said, "done:", "T-1002 opened", f"{address(ANNA)} is asked about 3 tickets")
    desk.go(MINUTE)
    mail = desk.wait_mail(to=ANNA, kind="batch")
    holds("the mail", mail.text, "Known before", "Two chairs", "A lamp")
    desk.answer(mail, "1 yes\n2 no\n3 yes")
    desk.wait_states("approved", "rejected", "approved")


@story(**HOOKED)
def what_was_changed_after_asking_is_asked_again(desk):
    helpdesk = Helpdesk(desk)
    helpdesk.tell("approval.requested", {"ticket": ticket()})
    desk.go(MINUTE)
    mail = desk.wait_mail(to=ANNA, kind="request")
    helpdesk.tell("ticket.updated", {"ticket": ticket(description="They cost 48,000 EUR.")})
    desk.answer(mail, "Approved")
    fresh = desk.wait_mail(count=2, to=ANNA, kind="request")
    holds("the second question", fresh.text, "the request changed", "48,000 EUR")
    same("nothing decided", desk.one("SELECT count(*) FROM approvals WHERE state = 'approved'"), 0)


@story(change=sources(source(), approvals={"binding": ["cost"]}))
def attributes_that_bind_are_shown_and_asked_again(desk):
    helpdesk = Helpdesk(desk)
    helpdesk.tell("approval.requested", {"ticket": ticket(
        attributes={"cost": "480 EUR", "mood": "fine"})})
    desk.go(MINUTE)
    mail = desk.wait_mail(to=ANNA, kind="request")
    holds("the request", mail.text, "cost: 480 EUR")
    helpdesk.tell("ticket.updated", {"ticket": ticket(
        attributes={"cost": "480 EUR", "mood": "bad"})})
    helpdesk.tell("ticket.updated", {"ticket": ticket(
        attributes={"cost": "4800 EUR", "mood": "bad"})})
    desk.answer(mail, "Approved")
    fresh = desk.wait_mail(count=2, to=ANNA, kind="request")
    holds("the second question", fresh.text, "the request changed", "4800 EUR")
    desk.answer(fresh, "Approved")
    desk.wait_states("superseded", "approved")


@story(**HOOKED)
def an_attribute_of_a_wrong_type_is_told_once_and_other_rules_go_on(desk):
    helpdesk = Helpdesk(desk)
    for n in range(2):
        helpdesk.tell("ticket.created", {"ticket": ticket(
            id=f"wrong-{n}", attributes={"deal_value": "a lot"})})
        desk.wait_said("rule.fault rule=high_value_deal because=\"deal_value is no number\"")
    helpdesk.tell("ticket.created", {"ticket": ticket(id="right", attributes={"deal_value": 1e6})})
    until(lambda: desk.one("SELECT count(*) FROM escalations"), "the packet of the third")
    same("told", desk.log().count("rule.fault"), 1)


@story(desk=False)
def the_example_of_the_document_works(build):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(here + "/../../docs/WEBHOOKS.md", encoding="utf-8") as f:
        document = f.read()
    script = re.search(r"```sh\n(.*?)```", document, re.S)[1]
    secret = re.search(r"^whsec_\S+", document, re.M)[0]
    # In real time, because the script asks the machine what time it is.
    with Desk(build, change=sources(source())) as desk:
        hooks.write_secrets(desk.folder, "desk", secret)
        desk.set_clock(-desk.jump, 1)
        desk.reload()
        done = subprocess.run(["sh", "-e", "-c", script.replace("127.0.0.1:8025",
                                                                f"127.0.0.1:{desk.port}")],
                              cwd=desk.folder, capture_output=True, text=True, check=False)
        answer = json.loads(done.stdout or "null")
        if not answer or "id" not in answer:
            raise AssertionError(done.stdout + done.stderr)
        holds("outcome", Helpdesk(desk).outcome(answer["id"]), "done: T-1001 opened", "is asked")
    return None


# --- rights ------------------------------------------------------------------------


@story(change=sources(source(customers=["northwind"])))
def a_foreign_customer_is_refused_and_filed(desk):
    helpdesk = Helpdesk(desk)
    said = helpdesk.tell("ticket.created", {"ticket": ticket(customer="harbour")})
    same("foreign", said,
         "filed: ticket 4711, customer harbour: this source may not speak for it")
    said = helpdesk.tell("approval.requested", {"ticket": ticket(customer="nobody")})
    same("unknown", said, "filed: ticket 4711, customer nobody: it is not known, and this source "
         "may not make it; no question was put, because of that")
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 0)
    same("listed", len(desk.assent("inbound", "list", "--status", "filed")), 2)
    # By the requester's address, too, only its own customers are found.
    said = helpdesk.tell("ticket.created", {"ticket": {
        "id": 8, "title": "From Marco", "requester": {"email": address(MARCO)}}})
    same("no customer", said, "done: T-1001 opened")
    same("customer", desk.one("SELECT organisation FROM tickets"), None)
    said = helpdesk.tell("approval.requested", {"ticket": {"id": 8}})
    holds("not asked", said, "filed:", "T-1001 belongs to no customer yet")
    said = helpdesk.tell("ticket.created", {"ticket": {
        "id": 9, "title": "From Bob", "requester": {"email": address(BOB)}}})
    same("found by the address", shown(desk, "T-1002")["organisation_key"], "northwind")


@story(change=sources(source(may_ask=False)))
def a_source_that_may_not_ask_is_told(desk):
    said = Helpdesk(desk).tell("approval.requested", {"ticket": ticket()})
    same("said", said, "filed: T-1001 opened; no question was put: this source may not ask")
    same("approvals", desk.one("SELECT count(*) FROM approvals"), 0)


@story(**OWNERS)
def an_owner_changes_only_inside_the_customers_domains(desk):
    helpdesk = Helpdesk(desk)
    helpdesk.tell("approval.requested", {"ticket": ticket()})
    desk.go(MINUTE)
    asked = desk.wait_mail(to=ANNA, kind="request")
    said = helpdesk.tell("ticket.updated", {"ticket": {
        "id": "4711", "owner_email": "mallory@elsewhere.example", "status": "Waiting"}})
    holds("outside", said, "filed: the owner was not changed: mallory@elsewhere.example is not "
          "within the domains of Northwind Tools", "T-1001 brought up to date")
    same("the rest was applied", shown(desk)["external_status"], "Waiting")
    said = helpdesk.tell("ticket.updated", {"ticket": {
        "id": "4711", "owner_email": "Nora@Northwind-Tools.example", "owner_name": "Nora"}})
    holds("inside", said, "done: nora@northwind-tools.example now decides for northwind")
    told = desk.wait_mail(to=ANNA, kind="owner-changed")
    holds("the previous owner", told.text, "nora@northwind-tools.example", "hook:desk")
    same("ledger", desk.one("SELECT count(*) FROM ledger WHERE kind = 'owner'"), 1)
    # The question that is open stays with the one who was asked.
    desk.answer(asked, "Approved")
    desk.wait_states("approved")
    late = helpdesk.tell("ticket.updated", {"ticket": {"id": "4711", "owner_email": address(ANNA)}},
                         at=desk.now() - HOUR)
    holds("late", late, "done: nothing new about T-1001: newer facts stand")
    late = helpdesk.tell("ticket.created", {"ticket": ticket("4712", owner_email=address(ANNA))},
                         at=desk.now() - HOUR)
    holds("late, by another ticket", late, "filed:", "a newer change stands")
    same("owner", desk.one("SELECT owner_email FROM organisations WHERE key = 'northwind'"),
         "nora@northwind-tools.example")


@story(**HOOKED)
def an_owner_is_not_changed_by_a_source_that_may_not(desk):
    said = Helpdesk(desk).tell("ticket.created", {"ticket": ticket(
        owner_email="nora@northwind-tools.example")})
    same("said", said, "filed: nora@northwind-tools.example was not made owner of northwind: this "
         "source may not set owners; T-1001 opened")
    said = Helpdesk(desk).tell("ticket.updated", {"ticket": ticket(owner_email=address(ANNA))},
                               delivery="named-as-it-is")
    same("no change", said, "done: nothing new about T-1001")


@story(**MAKING)
def a_source_makes_customers_of_its_own(desk):
    helpdesk, other = Helpdesk(desk), Helpdesk(desk, "other")
    made = {"id": 1, "title": "Paper", "customer": "lakeside", "customer_name": "Lakeside Prints",
            "domains": ["Lakeside-Prints.example"], "owner_email": "lars@lakeside-prints.example",
            "owner_name": "Lars", "description": "Two boxes.",
            "requester": {"email": "kim@lakeside-prints.example"}}
    said = helpdesk.tell("approval.requested", {"ticket": made})
    same("made", said, "done: customer lakeside made; lars@lakeside-prints.example now decides for "
         "lakeside; T-1001 opened; lars@lakeside-prints.example is asked about 1 ticket")
    desk.go(MINUTE)
    mail = desk.wait_mail(to="lars@lakeside-prints.example", kind="request")
    holds("the request", mail.text, "Two boxes.")
    said = helpdesk.tell("ticket.created", {"ticket": {**made, "id": 2, "customer": "stolen",
                                                       "owner_email": None}})
    holds("a domain that is taken", said, "filed:", "belongs to the customer lakeside")
    said = helpdesk.tell("ticket.created", {"ticket": {**made, "id": 3, "customer": "wide",
                                                       "domains": ["northwind-tools.example"]}})
    holds("a domain that is not its own", said, "filed:", "do not list northwind-tools.example")
    said = helpdesk.tell("ticket.created", {"ticket": {**made, "id": 4, "customer": "northwind"}})
    holds("made by the settings", said, "filed:", "may not speak for it")
    said = other.tell("ticket.created", {"ticket": {**made, "id": 5}})
    holds("made by another source", said, "filed:", "may not speak for it")
    said = helpdesk.tell("ticket.updated", {"ticket": {"id": 1, "customer": "lakeside",
                                                       "customer_name": "Lakeside Press"}})
    same("name", desk.one("SELECT name FROM organisations WHERE key = 'lakeside'"),
         "Lakeside Press")
    desk.stop()
    desk.start()
    same("kept over a restart", desk.rows("SELECT source, owner_email FROM organisations WHERE "
                                          "key = 'lakeside'"),
         [("desk", "lars@lakeside-prints.example")])


# --- bad input ---------------------------------------------------------------------


@story(**HOOKED)
def a_delivery_counts_once_however_often_it_comes(desk):
    helpdesk = Helpdesk(desk)
    body = helpdesk.event("ticket.created", {"ticket": ticket()})
    first = helpdesk.post(body, delivery="msg_1")
    same("first", first.status, 202)
    for _ in range(3):
        again = helpdesk.post(body, delivery="msg_1")
        same("again", (again.status, again.json), (200, {"id": first.json["id"], "already": True}))
    # A try of later, signed anew.
    later = helpdesk.post(body, delivery="msg_1", seconds=desk.now() // 1000 + 60)
    same("later", later.status, 200)
    other = helpdesk.post(helpdesk.event("ticket.created", {"ticket": ticket("1")}),
                          delivery="msg_1")
    same("another body", (other.status, other.error["code"]), (409, "conflict"))
    desk.quiet()
    same("rows", (inbound(desk), desk.one("SELECT count(*) FROM tickets")), (1, 1))
    figures = desk.open(desk.url + "/metrics").html
    holds("metrics", figures, "assentd_hooks_received_total 1", "assentd_hooks_repeated_total 4",
          "assentd_hooks_refused_total 0", "assentd_hooks_wrong_total 0")


@story(**HOOKED)
def whoever_cannot_sign_learns_nothing(desk):
    helpdesk = Helpdesk(desk)
    body = helpdesk.event("ticket.created", {"ticket": ticket(title="Do not log this")})
    now = desk.now() // 1000
    tries = [
        helpdesk.post(body, sign=hooks.signature(NEW, "x", now, body), delivery="x"),
        helpdesk.post(body, sign="v1,AAAA"),
        helpdesk.post(body, sign="nonsense"),
        helpdesk.post(body, headers={"webhook-signature": None}),
        helpdesk.post(body, headers={"webhook-id": None}),
        helpdesk.post(body, headers={"webhook-timestamp": "soon"}),
        helpdesk.post(body + b" ", delivery="y", sign=hooks.signature(OLD, "y", now, body)),
        helpdesk.post(body, name="nobody"),
        helpdesk.post(b"not even JSON", name="nobody", sign="v1,AAAA"),
    ]
    same("answers", {(t.status, t.body) for t in tries}, {(401, tries[0].body)})
    same("rows", inbound(desk), 0)
    lines = [line for line in desk.log().splitlines() if "hook.refused" in line]
    same("log lines", len(lines), len(tries))
    for secret in ("Do not log this", "northwind", "AAAA", "nobody"):
        if secret in "\n".join(lines):
            raise AssertionError(f"the log holds {secret!r}")
    # Enough is enough, yet a good signature from the same address still counts.
    for _ in range(40):
        last = helpdesk.post(body, sign="v1,AAAA")
    same("too many", (last.status, last.headers["Retry-After"]), (429, "60"))
    if desk.log().count("hook.refused") > 40:
        raise AssertionError("each refusal was logged")
    same("a good one", helpdesk.post(body).status, 202)


@story(**HOOKED)
def a_try_must_be_of_now(desk):
    helpdesk = Helpdesk(desk)
    body = helpdesk.event("ticket.created", {"ticket": ticket()})
    now = desk.now() // 1000
    for off in (-400, 400, -3600 * 24 * 365):
        answer = helpdesk.post(body, seconds=now + off)
        same(f"{off} s off", (answer.status, answer.error["code"]), (401, "stale"))
    same("rows", inbound(desk), 0)
    same("just so", helpdesk.post(body, seconds=now - 280).status, 202)


@story(**HOOKED)
def a_secret_is_replaced_without_a_gap(desk):
    old, new = Helpdesk(desk, secret=OLD), Helpdesk(desk, secret=NEW)
    body = old.event("ticket.created", {"ticket": ticket()})
    same("before", (old.post(body, delivery="1").status, new.post(body, delivery="2").status),
         (202, 401))
    hooks.write_secrets(desk.folder, "desk", NEW, OLD)
    desk.reload()
    same("both", (old.post(body, delivery="3").status, new.post(body, delivery="4").status),
         (202, 202))
    hooks.write_secrets(desk.folder, "desk", NEW)
    desk.reload()
    same("after", (old.post(body, delivery="5").status, new.post(body, delivery="6").status),
         (401, 202))
    # Signed with both, as the specification has it for a change of secrets.
    now = desk.now() // 1000
    both = f"{hooks.signature(OLD, '7', now, body)} {hooks.signature(NEW, '7', now, body)}"
    same("two signatures", old.post(body, delivery="7", seconds=now, sign=both).status, 202)
    hooks.write_secrets(desk.folder, "desk", "whsec_c2hvcnQ=")
    done = desk.run("config", "check")
    holds("config check", done.stdout + done.stderr, "secrets_file", "line 2", "24 to 64 bytes")


@story(**HOOKED)
def bodies_are_bounded(desk):
    helpdesk = Helpdesk(desk)
    event = {"type": "ticket.created", "timestamp": hooks.when(desk.now()),
             "data": {"ticket": ticket()}, "padding": ""}
    room = (1 << 20) - len(json.dumps(event))
    event["padding"] = "x" * room
    body = json.dumps(event).encode()
    same("1 MiB", helpdesk.post(body).status, 202)
    same("more", helpdesk.post(body + b" ").status, 413)
    desk.quiet()
    same("kept whole", desk.one("SELECT length(raw) FROM inbound_raw"), 1 << 20)


@story(**HOOKED)
def what_is_wrong_with_an_event_is_told_with_its_place(desk):
    helpdesk = Helpdesk(desk)
    good = json.loads(helpdesk.event("ticket.created", {"ticket": ticket()}))

    def changed(path, value):
        event = json.loads(json.dumps(good))
        at = event
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        return json.dumps(event).encode()

    deep = b'{"type": "ticket.created", "x": ' + b"[" * 40 + b"]" * 40 + b"}"
    doubled = helpdesk.event("ticket.created", {"ticket": ticket()}).replace(
        b'"id": "4711"', b'"id": "4711", "id": "4712"')
    in_ticket = ("data", "ticket")
    cases = [
        (deep, "too-deep", "/x" + "/0" * 31),
        (doubled, "doubled-key", "/data/ticket/id"),
        (b"{", "syntax", ""),
        (b"[]", "not-an-object", ""),
        (b"", "syntax", ""),
        (b'{"type": "a\\u0000"}', "syntax", "/type"),
        (b'{"type": "\xff"}', "syntax", "/type"),
        (changed(("type",), "ticket.eaten"), "unknown-type", "/type"),
        (changed(("type",), None), "missing", "/type"),
        (changed(("timestamp",), "yesterday"), "invalid", "/timestamp"),
        (changed(("data",), []), "wrong-type", "/data"),
        (changed(in_ticket, None), "missing", "/data/ticket"),
        (changed(in_ticket + ("id",), ""), "missing", "/data/ticket/id"),
        (changed(in_ticket + ("id",), 1.5), "wrong-type", "/data/ticket/id"),
        (changed(in_ticket + ("title",), None), "missing", "/data/ticket/title"),
        (changed(in_ticket + ("title",), "x" * 501), "too-long", "/data/ticket/title"),
        (changed(in_ticket + ("description",), "x" * (256 * 1024 + 1)), "too-long",
         "/data/ticket/description"),
        (changed(in_ticket + ("description_html",), "<p>x</p>"), "invalid",
         "/data/ticket/description_html"),
        (changed(in_ticket + ("requester",), {"email": "a\r\nb@c"}), "invalid",
         "/data/ticket/requester/email"),
        (changed(in_ticket + ("url",), "javascript:alert(1)"), "invalid", "/data/ticket/url"),
        (changed(in_ticket + ("domains",), ["a.example", "b c"]), "invalid",
         "/data/ticket/domains/1"),
        (changed(in_ticket + ("attributes",), {"x": "y" * 17000}), "too-long",
         "/data/ticket/attributes"),
        (changed(in_ticket + ("messages",), [{"id": 1, "text": "x"}]), "missing",
         "/data/ticket/messages/0/public"),
        (changed(in_ticket + ("messages",), [{"id": 1, "public": True}]), "missing",
         "/data/ticket/messages/0/text"),
        (changed(in_ticket + ("messages",), [{}] * 201), "too-long", "/data/ticket/messages"),
        (helpdesk.event("approval.requested", {"tickets": []}), "missing", "/data/tickets"),
        (helpdesk.event("approval.requested", {"tickets": [{"id": 1}], "ticket": {"id": 1}}),
         "invalid", "/data/tickets"),
        (helpdesk.event("message.added", {"ticket": {"id": 1}}), "missing", "/data/message"),
    ]
    for body, code, pointer in cases:
        answer = helpdesk.post(body)
        same(f"{body[:60]}", (answer.status, answer.error.get("code"), answer.error.get("pointer")),
             (422, code, pointer))
        if not answer.error["message"]:
            raise AssertionError("no sentence")
    same("rows", inbound(desk), 0)
    # What is not known is no fault.
    body = changed(in_ticket + ("weather",), {"deep": [1, [2, [3]]]})
    same("unknown keys", helpdesk.post(body).status, 202)


def raw(desk, lines, body=b"", pause=0.0, limit=30):
    """What comes back when these bytes are sent; a pause after each line."""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=limit) as s:
        try:
            for line in lines:
                s.sendall(line.encode() + b"\r\n")
                time.sleep(pause)
            s.sendall(b"\r\n" + body)
            got = b""
            while chunk := s.recv(4096):
                got += chunk
            return got
        except (BrokenPipeError, ConnectionResetError):
            return b""


@story(**HOOKED)
def a_length_that_can_be_read_in_two_ways_is_refused(desk):
    head = ["POST /hooks/desk HTTP/1.1", "Host: a", "webhook-id: 1"]
    both = raw(desk, head + ["Content-Length: 5", "Transfer-Encoding: chunked"],
               b"5\r\nhello\r\n0\r\n\r\n")
    same("both", both.split(b"\r\n")[0][:12], b"HTTP/1.1 400")
    twice = raw(desk, head + ["Content-Length: 5", "Content-Length: 6"], b"hello!")
    same("twice", twice.split(b"\r\n")[0][:12], b"HTTP/1.1 400")
    same("rows", inbound(desk), 0)


@story(**HOOKED)
def a_slow_sender_is_cut(desk):
    helpdesk = Helpdesk(desk)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", desk.port), timeout=60) as s:
        s.sendall(b"POST /hooks/desk HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{")
        # Others are served meanwhile.
        same("others", helpdesk.send("ticket.created", {"ticket": ticket()}).status, 202)
        got = b""
        try:
            while chunk := s.recv(4096):
                got += chunk
                s.sendall(b" ")
        except OSError:
            pass
    if b" 202 " in got or not 5 < time.monotonic() - began < 40:
        raise AssertionError(f"cut after {time.monotonic() - began:.1f} s with {got[:100]!r}")


@story(change=sources(source(), min_free="1024GiB"))
def a_full_disk_takes_nothing_and_says_so(desk):
    helpdesk = Helpdesk(desk)
    answer = helpdesk.send("ticket.created", {"ticket": ticket()}, delivery="msg_full")
    same("full", (answer.status, answer.error["code"], answer.headers["Retry-After"]),
         (503, "full", "60"))
    same("rows", inbound(desk), 0)
    desk.settings["min_free"] = "1MiB"
    desk.write_settings()
    desk.reload()
    answer = helpdesk.send("ticket.created", {"ticket": ticket()}, delivery="msg_full")
    same("later", answer.status, 202)


@story(**HOOKED)
def what_was_acknowledged_survives_the_daemon(desk):
    helpdesk = Helpdesk(desk)
    ids = [helpdesk.send("ticket.created", {"ticket": ticket(str(n))}).json["id"]
           for n in range(20)]
    desk.kill()
    desk.start()
    for event in ids:
        holds("outcome", helpdesk.outcome(event), "done:", "opened")
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 20)


if __name__ == "__main__":
    sys.exit(main(globals()))
