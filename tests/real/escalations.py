"""Packets by the API; the stories are told by test_api.py."""
import concurrent.futures
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "story"))

from daemon import (BOB, HOUR, LENA, MINUTE, SAM, Failure, address, holds, same,  # noqa: E402
                    story)
from hooks import OLD, write_secrets  # noqa: E402
from openapi import Api  # noqa: E402

WHAT = {"title": "The invoice names no cost centre", "reason": "missing_data"}
ALL = {**WHAT, "priority": "high", "organisation": "northwind", "ticket": "T-1001",
       "entity": {"type": "invoice", "id": "4711"}, "workflow": "billing", "failed_step": "book",
       "missing": ["cost centre"],
       "artifacts": [{"type": "text", "title": "The invoice", "text": "4,800 EUR"}],
       "risk": "It is overdue on Friday.", "suggest": "Ask Northwind Tools.",
       "texts": {"title": {"ar": "بلا مركز تكلفة"}}, "confidence": 0.4, "to": "engineer",
       "levels": [{"after_ms": 7200000, "to": address(SAM)}], "once_key": "invoice-4711"}
TICKET = {"title": "Twelve more CAD licences", "description": "They cost 4,800 EUR a year.",
          "requester": {"email": address(BOB)}}


def machine(desk, *scopes, name="billing", role="admin"):
    scopes = scopes or ("escalations:read", "escalations:write", "tickets:write")
    words = [w for s in scopes for w in ("--scope", s)]
    return Api(desk, desk.assent("token", "new", name, "--role", role, *words)["token"])


def raised(api, **more):
    return api.call("raiseEscalation", 201, {**WHAT, **more})["escalation"]


def states(api, **query):
    return [e["state"] for e in api.call("listEscalations", 200, query=query)["items"]]


def billing(settings):
    """A workflow that nobody listens for."""
    write_secrets(os.path.dirname(settings["state_dir"]), "billing", OLD)
    settings["workflows"] = [{"name": "billing", "url": "http://127.0.0.1:9/",
                              "secret_file": "billing.secrets"}]


@story(change=billing)
def a_packet_is_raised_and_resolved(desk):
    api = machine(desk)
    api.call("openTicket", 201, TICKET)
    made = api.call("raiseEscalation", 201, {**ALL, "due": "2027-01-01T08:00:00Z",
                                             "resume_token": "r-1"}, key="one")
    packet = made["escalation"]
    same("made", (made["changed"], made["message"]), (True, None))
    same("as it was wished", {k: packet[k] for k in ALL}, ALL)
    same("put to", {p["email"] for p in packet["people"]}, {address(SAM), address(LENA)})
    name = packet["id"]
    for person in (SAM, LENA):
        holds("mail", desk.wait_mail(kind="escalation", to=person).text, WHAT["title"])
    again = api.call("raiseEscalation", 200, ALL)
    same("again", (again["changed"], again["escalation"]["id"]), (False, name))
    same("shown", api.call("showEscalation", 200, escalation=name)["id"], name)

    taken = api.call("acknowledgeEscalation", 200, {}, escalation=name, key="k")
    same("taken", (taken["changed"], taken["escalation"]["state"],
                   taken["escalation"]["acked_by"]), (True, "in_progress", "api:billing"))
    taken = api.call("acknowledgeEscalation", 200, {}, escalation=name)
    same("twice", taken["changed"], False)
    holds("who", taken["message"], "api:billing acknowledged it on")
    given = api.call("assignEscalation", 200, {"to": address(LENA)}, escalation=name, key="l")
    same("given", given["escalation"]["assignee"], address(LENA))
    later = api.call("snoozeEscalation", 200, {"until": desk.one(
        "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', created / 1000 + 7200, 'unixepoch')"
        " FROM escalations")}, escalation=name, key="s")
    same("put off", (later["changed"], later["escalation"]["snoozed_until"] is None), (True, False))

    wish = {"action": "The cost centre is 4100", "notes": "They called.",
            "override": {"cost_centre": "4100", "deep": [1, {"a": None}]}}
    done = api.call("resolveEscalation", 200, wish, escalation=name, key="r")["escalation"]
    again = api.call("resumeEscalation", 200, {}, escalation=name, key="w")
    same("once more", (again["changed"], again["escalation"]["resume"]["message"]),
         (True, done["resume"]["message"]))
    same("its workflow", (done["resume"]["state"], done["resume"]["status"]), ("waiting", None))
    same("done", {k: done["resolution"][k] for k in wish}, wish)
    same("by", (done["state"], done["resolution"]["by"]), ("resolved", "api:billing"))
    late = machine(desk, name="late")
    before = desk.rows("SELECT * FROM escalations, (SELECT max(n) FROM escalation_events)")
    again = late.call("resolveEscalation", 200, {"action": "Something else"}, escalation=name)
    same("again", (again["changed"], again["escalation"]["resolution"]), (False, done["resolution"]))
    holds("who", again["message"], "api:billing resolved it on")
    same("nothing was written", desk.rows(
        "SELECT * FROM escalations, (SELECT max(n) FROM escalation_events)"), before)
    api.refused("acknowledgeEscalation", 409, "conflict", escalation=name)
    api.refused("assignEscalation", 409, "conflict", body={"to": address(SAM)}, escalation=name)
    api.refused("snoozeEscalation", 409, "conflict", body={"until": "2027-01-01T00:00:00Z"},
                escalation=name)

    other = raised(api, once_key="invoice-4711")
    holds("not before", api.refused("resumeEscalation", 409, "conflict", body={},
                                    escalation=other["id"])["message"], "pending", "not before")
    error = api.refused("reopenEscalation", 409, "conflict", escalation=name)
    holds("which", error["message"], other["id"])
    api.call("resolveEscalation", 200, {}, escalation=other["id"])
    api.refused("resumeEscalation", 422, "invalid", body={}, escalation=other["id"])
    back = api.call("reopenEscalation", 200, {}, escalation=name, key="o")["escalation"]
    same("back", (back["state"], back["resolution"], back["assignee"]), ("pending", None, None))
    same("twice", api.call("reopenEscalation", 200, {}, escalation=name)["changed"], False)
    same("history", [e["kind"] for e in back["history"] if e["by"] == "api:billing"],
         ["raised", "ack", "assign", "snooze", "resolve", "resume", "reopen"])
    stats = api.call("countEscalations", 200, query={
        "organisation": "northwind", "from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"})
    same("stats", (stats["total"], stats["by_state"]["pending"], stats["by_reason"]),
         (1, 1, {"missing_data": 1}))
    same("all", api.call("countEscalations", 200)["total"], 2)
    for operation in ("countEscalations", "listEscalations"):
        error = api.refused(operation, 422, "invalid", query={"organisation": "nortwind"})
        holds("nearest", error["message"], 'no organisation "nortwind"; did you mean northwind?')
    desk.check_ledger()


@story()
def packets_are_listed_by_page(desk):
    api = machine(desk)
    api.call("openTicket", 201, TICKET)
    for i in range(7):
        raised(api, title=f"Packet {i}", priority=("low", "high")[i % 2])
    about = raised(api, title="Eight", ticket="T-1001", reason="timeout")["id"]
    api.call("assignEscalation", 200, {"to": address(LENA)}, escalation=about)
    api.call("acknowledgeEscalation", 200, {}, escalation=about)
    seen, cursor = [], None
    while True:
        page = api.call("listEscalations", 200,
                        query={"limit": 3, **({"cursor": cursor} if cursor else {})})
        seen += [e["title"] for e in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    same("newest first", seen, ["Eight"] + [f"Packet {i}" for i in range(6, -1, -1)])
    for query, count in (({"state": "open"}, 8), ({"state": "pending"}, 7), ({"state": "resolved"}, 0),
                         ({"priority": "high"}, 3), ({"reason": "timeout"}, 1), ({"rule": "r"}, 0),
                         ({"ticket": "T-1001"}, 1), ({"assignee": address(LENA)}, 1),
                         ({"organisation": "northwind"}, 1), ({"overdue": "true"}, 0),
                         ({"overdue": "false"}, 8), ({"organisation": ""}, 8)):
        same(str(query), len(states(api, **query)), count)
    for query in ({"state": "close"}, {"priority": "urgent"}, {"overdue": "1"}, {"limit": "0"},
                  {"reason": "timeot"}):
        api.refused("listEscalations", 422, "invalid", query=query)
    api.refused("listEscalations", 400, "cursor", query={"cursor": "dDEwMDE"})
    api.refused("listEscalations", 404, "not-found", query={"ticket": "T-9"})
    for query in ({"from": "yesterday"}, {"to": "2026"}):
        api.refused("countEscalations", 422, "invalid", query=query)
    # Whoever lets his time pass is told so; it must be opened again first.
    desk.quiet()
    desk.go(MINUTE)  # some of their mails were gathered for so long
    desk.quiet()
    desk.go(5 * HOUR)
    desk.quiet()
    same("over their time", states(api, state="expired"), ["expired"] * 7)
    same("has somebody", states(api, overdue="true"), ["in_progress"])
    name = api.call("listEscalations", 200, query={"state": "expired", "limit": 1})["items"][0]["id"]
    error = api.refused("resolveEscalation", 409, "conflict", escalation=name)
    holds("sentence", error["message"], "expired", "open it again first")
    api.call("reopenEscalation", 200, {}, escalation=name)
    api.call("resolveEscalation", 200, {}, escalation=name)


@story()
def what_no_packet_may_be_is_refused(desk):
    api = machine(desk)
    deep = {}
    for _ in range(20):
        deep = {"a": deep}
    for change, code, where in (
            ({"title": "\u200b"}, "invalid", "/title"), ({"title": "x" * 301}, "too-long", "/title"),
            ({"reason": "No word"}, "invalid", "/reason"), ({"reason": None}, "missing", "/reason"),
            ({"priority": "hgih"}, "invalid", "/priority"), ({"priority": 1}, "invalid", "/priority"),
            ({"organisation": "nobody"}, "invalid", "/organisation"),
            ({"ticket": "T-9"}, "invalid", "/ticket"), ({"ticket": "x"}, "invalid", "/ticket"),
            ({"entity": {"type": 7}}, "invalid", "/entity/type"),
            ({"entity": {"kind": "deal"}}, "invalid", "/entity"),
            ({"entity": {"id": "x" * 201}}, "limit", "/entity/id"),
            ({"entity": "deal"}, "invalid", "/entity"),
            ({"missing": [7]}, "invalid", "/missing"), ({"missing": ["x"] * 51}, "too-long", "/missing"),
            ({"artifacts": [{"type": "link", "title": "x", "url": "https://evil.example/"}]},
             "invalid", "/artifacts"),
            ({"artifacts": [{"type": "json", "title": "x", "json": deep}]}, "limit", "/artifacts"),
            ({"artifacts": [{"type": "text", "title": "x", "text": "y" * 65536}]}, "limit",
             "/artifacts"),
            ({"texts": {"reason": {"ar": "x"}}}, "invalid", "/texts"),
            ({"confidence": 1.5}, "invalid", "/confidence"),
            ({"confidence": -1}, "invalid", "/confidence"),
            ({"confidence": "high"}, "invalid", "/confidence"),
            ({"to": "managr"}, "invalid", "/to"), ({"to": "eve@stranger.example"}, "invalid", "/to"),
            ({"levels": [{"after": "2h", "to": "engineer"}]}, "invalid", "/levels"),
            ({"levels": [{"after_ms": 1, "to": "engineer"}] * 11}, "too-long", "/levels"),
            ({"due": "tomorrow"}, "invalid", "/due"), ({"due": "2020-01-01T00:00:00Z"}, "invalid", "/due"),
            ({"resume_token": "x" * 1001}, "too-long", "/resume_token"),
            ({"workflow": "biling"}, "invalid", "/workflow"),
            ({"rule": "mine"}, "unknown-field", "/rule"), ({"by": "eve"}, "unknown-field", "/by")):
        error = api.refused("raiseEscalation", 422, code, body={**WHAT, **change})
        same(f"pointer of {change}"[:80], error.get("pointer"), where)
    same("packets", desk.one("SELECT count(*) FROM escalations"), 0)
    name = raised(api)["id"]
    for operation, body, where in (
            ("assignEscalation", {"to": "eve@stranger.example"}, "/to"),
            ("assignEscalation", {"to": "nobody"}, "/to"), ("assignEscalation", {}, "/to"),
            ("snoozeEscalation", {"until": "2h"}, "/until"),
            ("snoozeEscalation", {"until": "2020-01-01T00:00:00Z"}, "/until"),
            ("snoozeEscalation", {"until": "2028-01-01T00:00:00Z"}, "/until"),
            ("resolveEscalation", {"override": [1]}, "/override"),
            ("resolveEscalation", {"override": {"a": deep}}, "/override"),
            ("acknowledgeEscalation", {"by": "eve"}, "/by"),
            ("reopenEscalation", {"by": "eve"}, "/by")):
        error = api.call(operation, 422, body, escalation=name)["error"]
        same(f"pointer of {operation} {body}"[:80], error.get("pointer"), where)
    same("as it was", states(api), ["pending"])
    # Reading is not writing, and neither is another scope.
    reader = machine(desk, "escalations:read", name="reader", role="reader")
    reader.call("showEscalation", 200, escalation=name)
    reader.refused("resolveEscalation", 403, "scope", escalation=name)
    machine(desk, "tickets:write", name="other").refused("raiseEscalation", 403, "scope", body=WHAT)


@story()
def a_packet_is_done_once(desk):
    api = machine(desk)
    name = raised(api, once_key="one")["id"]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        done = list(pool.map(lambda i: api.call("resolveEscalation", 200, {"action": f"by {i}"},
                                                escalation=name), range(20)))
        same("changed", [d["changed"] for d in done].count(True), 1)
        same("one answer", len({d["escalation"]["resolution"]["action"] for d in done}), 1)
        made = list(pool.map(lambda _: api.send(
            "POST", "/api/v1/escalations",
            '{"title": "x", "reason": "timeout", "once_key": "one"}',
            Content_Type="application/json").status, range(20)))
    same("made once", sorted(made), [200] * 19 + [201])
    if desk.one("SELECT count(*) FROM escalation_events WHERE kind = 'resolve'") != 1:
        raise Failure("it was resolved more than once")
