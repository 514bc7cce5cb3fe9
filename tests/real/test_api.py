#!/usr/bin/python3
"""The JSON API of a whole daemon, held to docs/openapi.yaml and docs/API.md."""
import concurrent.futures
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from openapi import (DOCUMENT, NAMED, OPERATIONS, SEEN, SENT, Api, check,  # noqa: E402
                     examples, references, resolve, validate)
from model_server import ModelServer  # noqa: E402
from escalations import (a_packet_is_done_once, a_packet_is_raised_and_resolved,  # noqa: E402,F401
                         packets_are_listed_by_page, raised, what_no_packet_may_be_is_refused)
from test_stream import LINES, Teller, Watcher, begin, settle  # noqa: E402

from daemon import (ANNA, BOB, CARLA, DAY, HOUR, LENA, MARCO, MINUTE, SAM, SECOND,  # noqa: E402
                    Desk, Failure, address, holds, main, same, story)

HERE = os.path.dirname(os.path.abspath(__file__))
ALL = ["tickets:read", "tickets:write", "approvals:read", "approvals:write",
       "organisations:read", "organisations:write", "escalations:read", "escalations:write"]
NOBODY = "01010101-0101-7101-8101-010101010101"
LICENCES = {"title": "Twelve more CAD licences", "description": "They cost 4,800 EUR a year.",
            "requester": {"email": address(BOB), "name": "Bob Hansen"}}


def token(desk, *scopes, name="bridge", role="admin", **more):
    words = [w for s in scopes or ALL for w in ("--scope", s)]
    words += [w for k, v in more.items() for w in ("--" + k, v)]
    return desk.assent("token", "new", name, "--role", role, *words)


def admin(desk, **more):
    return Api(desk, token(desk, **more)["token"])


def rate(limit):
    def change(settings):
        settings["http"]["api_rate"] = limit
    return {"change": change}


def names_of(operation):
    """Path parameters that lead to nothing."""
    ids = "approval", "batch", "escalation"
    return {p["name"]: NOBODY if p["name"] in ids else "nothing"
            for p in operation.parameters if p["in"] == "path"}


def body_of(operation):
    """The document's example of what is sent."""
    body = resolve(operation.entry.get("requestBody"))
    return body and body["content"]["application/json"]["example"]


# --- the documents -----------------------------------------------------------------


@story(desk=False)
def the_document_is_sound(_):
    same("version", DOCUMENT["openapi"], "3.1.0")
    count = 0
    for place, schema, example in examples(DOCUMENT):
        validate(place, example, schema)
        count += 1
    if count < 30:
        raise Failure(f"only {count} examples")
    used = set(references(DOCUMENT))
    for kind, things in DOCUMENT["components"].items():
        for name in things if kind != "securitySchemes" else []:
            if f"#/components/{kind}/{name}" not in used:
                raise Failure(f"nothing needs {kind}/{name}")
    for operation in OPERATIONS.values():
        scope = re.search(r"Needs the scope `(\w+:\w+)`|As `PUT`", operation.entry["description"])
        if not scope:
            raise Failure(f"{operation.name} does not name its scope")


@story()
def the_guide_s_examples_run(desk):
    made = token(desk, *ALL[:4], *ALL[6:], role="engineer", team="Service desk")
    with open(f"{HERE}/../../docs/API.md", encoding="utf-8") as f:
        text = f.read()
    blocks = re.findall(r"^```(sh|json)\n(.*?)^```", text, re.M | re.S)
    said, runs = "", 0
    for kind, block in blocks:
        if kind == "json":
            same("answer", json.loads(said), json.loads(block))
            continue
        done = subprocess.run(["sh", "-eu", "-c", block], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "DESK": desk.url, "TOKEN": made["token"]},
                              check=False)
        same("status of curl", (done.returncode, done.stderr), (0, ""))
        said, runs = done.stdout, runs + 1
        if said.startswith("event: ") or said.startswith("id: "):
            holds("what is watched", said, "event: done")
            continue
        if "error" in json.loads(said) and "wrong" not in text[:text.index(block)].rsplit("\n## ")[-1]:
            raise Failure(f"{block}\n{said}")
    if runs < 8:
        raise Failure(f"only {runs} examples ran")
    same("what they came to", desk.states(), ["withdrawn"])
    rows = set(re.findall(r"`([\w-]+)`", re.search(r"\| status \| code.*?\n\n", text, re.S)[0]))
    codes = set(DOCUMENT["components"]["schemas"]["Error"]["properties"]["error"]["properties"]
                ["code"]["enum"])
    same("codes that the guide leaves out", codes - rows, {"denied"})


# --- tickets ------------------------------------------------------------------------


@story()
def a_ticket_is_opened_and_read(desk):
    api = admin(desk, team="Network")
    made = api.call("openTicket", 201, {**LICENCES, "customer": "northwind",
                                        "engineer": address(SAM), "external_id": "4711",
                                        "priority": "high"}, key="first")
    same("ref", made["ref"], "T-1001")
    same("of the wish", [made[k] for k in ("title", "status", "customer", "external_id", "priority",
                                           "source")],
         [LICENCES["title"], "open", "northwind", "4711", "high", "api:"])
    same("people", (made["requester"], made["engineer"]),
         ({"email": address(BOB), "name": "Bob Hansen"},
          {"email": address(SAM), "name": "Sam Okafor"}))
    same("first message", [(m["text"], m["from"]["email"], m["public"]) for m in made["messages"]],
         [(LICENCES["description"], address(BOB), True)])
    added = api.call("addMessage", 201, {
        "text": "The price holds.\u202e", "from": {"email": address(LENA), "name": "Lena"},
        "public": False, "external_id": "18"}, key="m", ticket=made["id"])
    same("message", (added["seq"], added["text"], added["public"], added["external_id"]),
         (2, "The price holds.", False, "18"))
    bare = api.call("addMessage", 201, {"text": "Thanks"}, ticket="T-1001")
    same("from", bare["from"], {"email": None, "name": "bridge"})
    again = api.call("showTicket", 200, ticket="T-1001")
    same("thread", [m["seq"] for m in again["messages"]], [1, 2, 3])
    if again["state_version"] <= made["state_version"]:
        raise Failure("state_version did not grow")
    same("who", {r[0] for r in desk.rows("SELECT actor FROM events")}, {"api:bridge (Network)"})
    same("contact", desk.one("SELECT name FROM contacts WHERE email = ?", address(BOB)),
         "Bob Hansen")


@story()
def the_requester_s_domain_names_the_customer(desk):
    api = admin(desk)
    same("customer", api.call("openTicket", 201, LICENCES)["customer"], "northwind")
    refused = [
        ({"requester": {"email": "eve@stranger.example"}}, "/customer"),
        ({"requester": {}}, "/customer"),
        ({"customer": "northwnd"}, "/customer"),
        ({"engineer": "eve@stranger.example"}, "/engineer"),
        ({"engineer": "nobody"}, "/engineer"),
        ({"requester": {"email": "a@b.example, c@d.example"}}, "/requester/email"),
        ({"requester": {"email": desk.settings["agent"]["email"]}}, "/requester/email"),
        ({"title": "\u200b\u202e"}, "/title"),
        ({"title": ""}, "/title"),
    ]
    for change, pointer in refused:
        error = api.call("openTicket", 422, {**LICENCES, **change})["error"]
        same(f"pointer for {change}", error.get("pointer"), pointer)
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
    # Somebody else's people may ask for something; they are just never told.
    api.call("openTicket", 201, {**LICENCES, "customer": "harbour"})
    same("contacts", desk.one("SELECT count(*) FROM contacts"), 1)


@story()
def lists_go_on_where_they_ended(desk):
    api = admin(desk)
    for i in range(7):
        api.call("openTicket", 201, {**LICENCES, "title": f"Order {i}",
                                     "customer": "harbour" if i % 3 == 0 else "northwind"})
    first = api.call("listTickets", 200, query={"limit": 3})
    same("first page", [t["title"] for t in first["items"]], ["Order 6", "Order 5", "Order 4"])
    api.call("openTicket", 201, {**LICENCES, "title": "Order 7"})
    second = api.call("listTickets", 200, query={"limit": 3, "cursor": first["next"]})
    same("second page", [t["title"] for t in second["items"]], ["Order 3", "Order 2", "Order 1"])
    third = api.call("listTickets", 200, query={"limit": 3, "cursor": second["next"]})
    same("last page", ([t["title"] for t in third["items"]], third["next"]), (["Order 0"], None))
    chosen = api.call("listTickets", 200, query={"customer": "harbour", "status": "open"})
    same("chosen", [t["title"] for t in chosen["items"]], ["Order 6", "Order 3", "Order 0"])
    api.call("askForApproval", 201, {"tickets": ["T-1001"], "now": True})
    desk.quiet()
    waiting = api.call("listTickets", 200, query={"status": "waiting"})
    same("waiting", [t["ref"] for t in waiting["items"]], ["T-1001"])
    organisations = api.call("listOrganisations", 200, query={"limit": 1})
    same("keys", [o["key"] for o in organisations["items"]], ["harbour"])
    rest = api.call("listOrganisations", 200, query={"cursor": organisations["next"], "limit": 1})
    same("keys", ([o["key"] for o in rest["items"]], rest["next"]), (["northwind"], None))
    for operation in ("listTickets", "listApprovals", "listOrganisations"):
        for cursor in ("x", "!!!!", first["next"][:-1], first["next"] + "A", "bm9uZQ", "A" * 300):
            api.refused(operation, 400, "cursor", query={"cursor": cursor})
        for limit in ("0", "101", "-1", "ten", "1.5"):
            api.refused(operation, 422, "invalid", query={"limit": limit})
    for operation, query in (("listTickets", {"status": "lost"}),
                             ("listTickets", {"customer": "nobody"}),
                             ("listApprovals", {"state": "maybe"}),
                             ("listApprovals", {"ticket": "T-77"}),
                             ("listApprovals", {"batch": "7"}),
                             ("listApprovals", {"customer": "nobody"})):
        api.refused(operation, 422, "invalid", query=query)


# --- what is known about a ticket -----------------------------------------------------


def version(api):
    return api.call("showTicket", 200, ticket="T-1001")["state_version"]


@story()
def findings_are_written_down_and_taken_back(desk):
    api = admin(desk, team="Network")
    api.call("openTicket", 201, LICENCES)
    before = version(api)
    wish = {"text": "It hands out no seat.\u202e", "kind": "check", "source": "lmstat"}
    made = api.call("addFinding", 201, wish, ticket="T-1001", key="f")
    same("made", (made["n"], made["kind"], made["text"], made["source"], made["author"],
                  made["removed"]),
         (1, "check", "It hands out no seat.", "lmstat", "api:bridge (Network)", None))
    same("again", api.call("addFinding", 201, wish, ticket="T-1001")["id"], made["id"])
    same("version", version(api), before + 1)
    same("kind", api.call("addFinding", 201, {"text": "x"}, ticket="1001")["kind"], "observed")
    gone = api.call("removeFinding", 200, ticket="T-1001", finding=made["id"], key="r")
    same("gone", gone["removed_by"], "api:bridge (Network)")
    error = api.refused("removeFinding", 409, "conflict", ticket="T-1001", finding="1")
    holds("sentence", error["message"], "finding 1 was removed by api:bridge (Network) before")
    same("version", version(api), before + 3)
    same("list", [f["n"] for f in api.call("listFindings", 200, ticket="T-1001")["items"]], [2])
    same("all", [f["n"] for f in api.call("listFindings", 200, ticket="T-1001",
                                          query={"all": "true"})["items"]], [1, 2])
    for body, code, pointer in (({"text": "x", "kind": "rumour"}, "invalid", "/kind"),
                                ({"text": "\u200b"}, "invalid", "/text"),
                                ({"text": " "}, "missing", "/text"),
                                ({"text": "\u00e4" * 4001}, "too-long", "/text"),
                                ({"text": "x", "by": "me"}, "unknown-field", "/by"),
                                ({"kind": "check"}, "missing", "/text")):
        error = api.call("addFinding", 422, body, ticket="T-1001")["error"]
        same(f"refusal of {body}"[:80], (error["code"], error["pointer"]), (code, pointer))
    api.refused("removeFinding", 422, "idempotency-key", ticket="T-1001", finding="2", key="a b")
    # What is another ticket's is not there.
    api.call("openTicket", 201, {**LICENCES, "title": "Other"})
    api.refused("removeFinding", 404, "not-found", ticket="T-1002", finding=made["id"])
    same("version", version(api), before + 3)


@story()
def one_fix_is_active_and_what_is_over_is_a_conflict(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    before = version(api)
    first = api.call("suggestFix", 201, {"title": "Restart it", "description": "Twice",
                                         "confidence": 80}, ticket="T-1001", key="f")
    second = api.call("suggestFix", 201, {"title": "Replace it"}, ticket="T-1001")
    same("second", (second["n"], second["state"], second["confidence"]), (2, "active", 50))
    error = api.refused("decideFix", 409, "conflict", body={"decision": "dismissed"},
                        ticket="T-1001", fix=first["id"])
    holds("sentence", error["message"], "fix 1 is superseded", "nothing was changed")
    same("version", version(api), before + 2)
    done = api.call("decideFix", 200, {"decision": "one_off"}, ticket="T-1001", fix="2", key="d")
    same("done", (done["state"], done["moved_by"]), ("one_off", "api:bridge"))
    api.call("decideFix", 200, {"decision": "one_off"}, ticket="T-1001", fix="2")
    api.refused("decideFix", 409, "conflict", body={"decision": "dismissed"}, ticket="T-1001",
                fix="2")
    same("version", version(api), before + 3)
    same("list", [f["state"] for f in api.call("listFixes", 200, ticket="T-1001")["items"]],
         ["superseded", "one_off"])
    for body, pointer in (({"decision": "superseded"}, "/decision"),
                          ({"decision": "dismissed", "title": "x"}, "/decision"),
                          ({"decision": "accepted", "confidence": 101}, "/confidence"),
                          ({"decision": "accepted", "confidence": 1 << 62}, "/confidence"),
                          ({"decision": "accepted", "title": "\u200b"}, "/title")):
        error = api.call("decideFix", 422, body, ticket="T-1001", fix="2")["error"]
        same(f"pointer of {body}", error.get("pointer"), pointer)
    for body, pointer in (({"title": "x", "confidence": -1}, "/confidence"),
                          ({"title": "x", "confidence": "80"}, "/confidence"),
                          ({"title": "x" * 301}, "/title"),
                          ({"title": "x", "description": "x" * 16001}, "/description")):
        error = api.call("suggestFix", 422, body, ticket="T-1001")["error"]
        same(f"pointer of {body}"[:60], error.get("pointer"), pointer)
    # A model's is inert until somebody stands for it.
    with sqlite3.connect(desk.settings["state_dir"] + "/assentd.db", timeout=20) as db:
        db.execute("INSERT INTO fixes SELECT x'019e2b109b777d03b1f60f9b44a7e001', ticket, 3, 'Burn it', '', 90, 'model',"
                   " 'proposed', created, 0, '' FROM fixes WHERE n = 1")
    error = api.refused("decideFix", 409, "conflict", body={"decision": "build_template"},
                        ticket="T-1001", fix="3")
    holds("sentence", error["message"], "accept it first")
    taken = api.call("decideFix", 200, {"decision": "accepted", "title": "Clean it",
                                        "description": "With care", "confidence": 30},
                     ticket="T-1001", fix="3")
    same("taken", [taken[k] for k in ("title", "description", "confidence", "state", "author",
                                      "moved_by")],
         ["Clean it", "With care", 30, "active", "model", "api:bridge"])


@story()
def twenty_fixes_at_once_leave_one_active(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)

    def suggest(i):
        return api.call("suggestFix", 201, {"title": f"Fix {i}"}, ticket="T-1001")

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        made = list(pool.map(suggest, range(20)))
        same("numbers", sorted(f["n"] for f in made), list(range(1, 21)))
        states = [f["state"] for f in api.call("listFixes", 200, ticket="T-1001")["items"]]
        same("states", states, ["superseded"] * 19 + ["active"])
        path = "/api/v1/tickets/T-1001/fixes/20/decision"
        decisions = ["one_off", "dismissed"] * 10
        answers = list(pool.map(lambda d: api.send("POST", path, json.dumps({"decision": d}),
                                                   Content_Type="application/json"), decisions))
        # The first one counts; who says the same is right, who says something else is late.
        same("answers", sorted(a.status for a in answers), [200] * 10 + [409] * 10)
    same("version", version(api), 22)


@story()
def questions_are_answered_in_parts(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    made = api.call("addTask", 201, {"text": "Since when?"}, ticket="T-1001", key="t")
    same("made", (made["n"], made["kind"], made["state"]), (1, "question", "open"))
    same("action", api.call("addTask", 201, {"text": "Who?", "kind": "action"},
                            ticket="T-1001")["kind"], "action")
    before = version(api)
    change = {"ticket": "T-1001", "task": made["id"]}
    part = api.call("changeTask", 200, {"answer": "This week"}, **change, key="c")
    same("part", (part["state"], part["answer"]), ("open", "This week"))
    api.call("changeTask", 200, {}, **change)
    same("version", version(api), before + 1)
    done = api.call("changeTask", 200, {"answer": "Monday", "state": "answered"}, **change)
    same("done", (done["state"], done["answer"], done["moved_by"]),
         ("answered", "Monday", "api:bridge"))
    holds("why", api.refused("changeTask", 409, "conflict", body={"answer": "Tuesday"}, **change)
          ["message"], "open it again first")
    api.call("changeTask", 200, {"state": "open"}, **change)
    same("reworded", api.call("changeTask", 200, {"text": "Since which day?"}, **change)["text"],
         "Since which day?")
    same("skipped", api.call("changeTask", 200, {"state": "skipped"}, ticket="T-1001",
                             task="1")["answer"], "Monday")
    same("list", [t["state"] for t in api.call("listTasks", 200, ticket="T-1001")["items"]],
         ["skipped", "open"])
    api.call("addTask", 201, {"text": "Where?"}, ticket="T-1001")
    for body, pointer in (({"state": "done"}, "/state"), ({"state": "proposed"}, "/state"),
                          ({"state": "answered"}, "/answer"), ({"text": "\u200b"}, "/text"),
                          ({"answer": 7}, "/answer")):
        error = api.call("changeTask", 422, body, ticket="T-1001", task="3")["error"]
        same(f"pointer of {body}", error.get("pointer"), pointer)
    error = api.call("addTask", 422, {"text": "x", "kind": "wish"}, ticket="T-1001")["error"]
    same("pointer", error["pointer"], "/kind")
    # A reader reads.
    reader = Api(desk, token(desk, "tickets:read", role="reader", name="reader")["token"])
    reader.call("listTasks", 200, ticket="T-1001")
    reader.refused("changeTask", 403, "scope", body={"state": "skipped"}, ticket="T-1001", task="3")
    same("events", desk.one("SELECT count(*) FROM events WHERE kind = 'task.state'"), 3)


@story()
def a_ticket_is_laid_aside_handed_over_and_resolved(desk):
    api = admin(desk, team="Network")
    api.call("openTicket", 201, {**LICENCES, "engineer": address(SAM)})
    api.call("addTask", 201, {"text": "Since when?"}, ticket="T-1001")
    api.call("changeTask", 200, {"answer": "This week"}, ticket="T-1001", task="1")
    ticket = {"ticket": "T-1001"}
    task = {"n": 1, "kind": "question", "text": "Since when?", "answer": "This week"}
    paused = api.call("pauseTicket", 200, {"comment": "The supplier.", "spent": "30m"}, **ticket,
                      key="p")
    same("paused", [paused[k] for k in ("ticket", "status", "spent", "open")],
         ["T-1001", "paused", 30, [task]])
    same("again", api.call("pauseTicket", 200, {"comment": "The supplier.", "spent": "30m"},
                           **ticket, key="p"), paused)
    shown = api.call("showTicket", 200, **ticket)
    same("shown", [shown[k] for k in ("status", "status_before", "status_by", "spent")],
         ["paused", "open", "api:bridge (Network)", 30])
    holds("who", api.refused("pauseTicket", 409, "conflict", **ticket)["message"],
          "T-1001 is paused already; api:bridge (Network) paused it on")
    same("listed", len(api.call("listTickets", 200, query={"status": "paused"})["items"]), 1)
    same("resumed", api.call("resumeTicket", 200, {"comment": "x", "spent": "1m"}, **ticket,
                             key="r")["open"], [task])
    holds("who", api.refused("resumeTicket", 409, "conflict", **ticket)["message"],
          "open, not paused; api:bridge (Network) resumed it on")
    same("nobody", api.refused("escalateTicket", 422, "invalid",
                               body={"to": address(ANNA)}, **ticket)["pointer"], "/to")
    same("nobody", api.refused("escalateTicket", 422, "invalid", **ticket)["pointer"], "/to")
    handed = api.call("escalateTicket", 200, {"to": address(LENA), "comment": "Over to you.",
                                              "spent": "5m"}, **ticket, key="e")
    same("handed", (handed["status"], handed["to"]), ("escalated", address(LENA)))
    api.refused("escalateTicket", 409, "conflict", body={"to": address(LENA)}, **ticket)
    same("engineer", api.call("showTicket", 200, **ticket)["engineer"]["email"], address(LENA))
    # While somebody is asked about it, it is not solved.
    api.call("askForApproval", 201, {"tickets": ["T-1001"], "now": True})
    desk.wait_mail(kind="request")
    error = api.refused("resolveTicket", 409, "conflict", **ticket)
    same("pointer", error["pointer"], "/withdraw")
    holds("who is asked", error["message"], address(ANNA))
    done = api.call("resolveTicket", 200, {"withdraw": True, "comment": "Restarted.",
                                           "spent": "1h 30m"}, **ticket, key="d")
    same("resolved", (done["status"], done["spent"], done["withdrawn"]), ("resolved", 126, 1))
    holds("who", api.refused("resolveTicket", 409, "conflict", **ticket)["message"],
          "T-1001 is resolved already; api:bridge (Network) resolved it on")
    same("pointer", api.refused("spendTime", 422, "invalid", body={"spent": "soon"},
                                **ticket)["pointer"], "/spent")
    same("spent", api.call("spendTime", 200, {"spent": "4m", "comment": "and a call"}, **ticket,
                           key="s")["spent"], 130)
    # A customer's words open it again, and so does who says so.
    api.call("addMessage", 201, {"text": "Thanks!", "from": {"email": address(SAM)}}, **ticket)
    same("staff", api.call("showTicket", 200, **ticket)["status"], "resolved")
    api.call("addMessage", 201, {"text": "Still broken.", "from": {"email": address(BOB)}},
             **ticket)
    same("customer", api.call("showTicket", 200, **ticket)["status"], "open")
    api.refused("reopenTicket", 409, "conflict", **ticket)
    api.call("resolveTicket", 200, {}, **ticket)
    same("reopened", api.call("reopenTicket", 200, {"comment": "x", "spent": "1m"}, **ticket,
                              key="o")["status"], "open")
    for operation in ("pauseTicket", "resumeTicket", "resolveTicket", "reopenTicket"):
        api.refused(operation, 422, "invalid", body={"spent": "soon"}, **ticket)
        api.call(operation, 200, {}, **ticket)


# --- approvals ----------------------------------------------------------------------


@story()
def an_owner_is_asked_and_answers(desk):
    api = admin(desk, team="Network")
    api.call("openTicket", 201, {**LICENCES, "engineer": address(SAM)})
    asked = api.call("askForApproval", 201, {
        "tickets": ["T-1001"], "question": "May we order?", "summary": "- twelve seats\n- by Friday",
    }, key="ask")["asked"]
    same("lines", [(a["batch"], a["approver"]["email"], len(a["approvals"])) for a in asked],
         [(None, address(ANNA), 1)])
    approval = asked[0]["approvals"][0]
    same("draft", (approval["state"], approval["asked_at"], approval["requested_by"]),
         ("draft", None, "api:bridge (Network)"))
    before = api.call("showApproval", 200, approval=approval["id"])
    same("not yet", [before[k] for k in ("asked", "asked_hash", "decision", "summary")], [None] * 4)
    same("mails", desk.mails(), [])
    desk.go(MINUTE)
    request = desk.wait_mail(kind="request", to=ANNA)
    holds("request", request.text, "twelve seats", "May we order?")
    shown = api.call("showApproval", 200, approval=approval["id"])
    same("asked", (shown["state"], shown["asked"]["question"], shown["asked"]["approver"]),
         ("sent", "May we order?", address(ANNA)))
    desk.answer(request, "Approved, thanks. Order by invoice.")
    desk.quiet()
    decided = api.call("showApproval", 200, approval=approval["id"])
    same("decision", (decided["state"], decided["decision"]["outcome"],
                      decided["decision"]["channel"], decided["decision"]["evidence"]["person"]),
         ("approved", "approved", "reply", address(ANNA)))
    holds("words", decided["decision"]["evidence"]["words"], "by invoice")
    same("ticket", api.call("showTicket", 200, ticket="T-1001")["approvals"][0]["state"], "approved")
    api.refused("withdrawApproval", 409, "conflict", approval=approval["id"])
    holds("engineer's mail", desk.wait_mail(to=SAM, kind="outcome").text, "Approved: May we order?")


@story()
def a_click_is_evidence_too(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    asked = api.call("askForApproval", 201, {"tickets": ["1001"], "now": True})["asked"]
    request = desk.wait_mail(kind="request")
    url = request.link("Reject")
    desk.post(url, desk.open(url), decision="reject", comment="Too dear")
    desk.quiet()
    decision = api.call("showApproval", 200, approval=asked[0]["approvals"][0]["id"])["decision"]
    same("decision", (decision["outcome"], decision["channel"], decision["comment"],
                      decision["evidence"]["peer"]), ("rejected", "link", "Too dear", "127.0.0.1"))


@story()
def tickets_of_one_owner_are_one_mail(desk):
    api = admin(desk)
    for i in range(3):
        api.call("openTicket", 201, {**LICENCES, "title": f"Order {i}"})
    api.call("openTicket", 201, {**LICENCES, "title": "Fish",
                                 "requester": {"email": address(MARCO)}})
    asked = api.call("askForApproval", 201, {
        "tickets": ["T-1001", "T-1004", "T-1003", "T-1002"], "now": True})["asked"]
    same("mails", [(a["approver"]["email"], len(a["approvals"]), bool(a["batch"])) for a in asked],
         [(address(ANNA), 3, True), (address(CARLA), 1, False)])
    desk.wait_mail(kind="batch", to=ANNA)
    batch = api.call("showBatch", 200, batch=asked[0]["batch"])
    same("items", [(a["item"], a["ticket"], a["state"]) for a in batch["approvals"]],
         [(1, "T-1001", "sent"), (2, "T-1003", "sent"), (3, "T-1002", "sent")])
    listed = api.call("listApprovals", 200, query={"batch": batch["id"]})
    same("by batch", len(listed["items"]), 3)
    desk.answer(desk.wait_mail(kind="batch", to=ANNA), "1: yes\n2: no\n3: yes")
    desk.quiet()
    for state, count in (("approved", 2), ("rejected", 1), ("open", 1), ("sent", 1), ("expired", 0)):
        found = api.call("listApprovals", 200, query={"state": state})
        same(state, len(found["items"]), count)
    same("of the customer", len(api.call("listApprovals", 200,
                                         query={"customer": "harbour"})["items"]), 1)
    same("of the ticket", len(api.call("listApprovals", 200,
                                       query={"ticket": "T-1003"})["items"]), 1)
    page = api.call("listApprovals", 200, query={"limit": 3})
    rest = api.call("listApprovals", 200, query={"limit": 3, "cursor": page["next"]})
    same("pages", (len({a["id"] for a in page["items"] + rest["items"]}), rest["next"]), (4, None))
    # All or nothing.
    before = len(desk.states())
    error = api.refused("askForApproval", 422, "invalid", body={"tickets": ["T-1001", "T-99"]})
    same("pointer", error["pointer"], "/tickets/1")
    for tickets, code in ((["T-1001", "T-1001"], "invalid"), ([], "invalid"), ([7], "invalid"),
                          (["T-1001"] * 1001, "too-long"), ("T-1001", "invalid")):
        api.refused("askForApproval", 422, code, body={"tickets": tickets})
    same("approvals", len(desk.states()), before)


@story()
def one_mail_has_its_limit(desk):
    api = admin(desk)
    for i in range(21):
        api.call("openTicket", 201, {**LICENCES, "title": f"Order {i}"})
    names = [f"T-{1001 + i}" for i in range(21)]
    error = api.refused("askForApproval", 422, "limit", body={"tickets": names})
    holds("sentence", error["message"], "21 tickets", "at most 20")
    same("asked", desk.states(), [])
    asked = api.call("askForApproval", 201, {"tickets": names[:20]})["asked"]
    same("in one mail", [len(a["approvals"]) for a in asked], [20])


@story()
def a_question_is_taken_back_and_a_reminder_sent_once_an_hour(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    asked = api.call("askForApproval", 201, {"tickets": ["T-1001"]})["asked"]
    name = asked[0]["approvals"][0]["id"]
    api.refused("remindOwner", 409, "conflict", approval=name)
    desk.go(MINUTE)
    desk.wait_mail(kind="request")
    same("reminded", api.call("remindOwner", 200, approval=name, key="r")["reminded_at"] is None,
         False)
    desk.wait_mail(kind="request", count=2)
    holds("why", api.refused("remindOwner", 409, "conflict", approval=name)["message"], "an hour")
    desk.go(HOUR + SECOND)
    api.call("remindOwner", 200, approval=name)
    same("state", api.call("withdrawApproval", 200, approval=name, key="w")["state"], "withdrawn")
    desk.quiet()
    holds("owner's mail", desk.wait_mail(kind="closed", to=ANNA).text, "Withdrawn")
    api.refused("withdrawApproval", 409, "conflict", approval=name)


@story()
def a_question_is_handed_over(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    asked = api.call("askForApproval", 201, {"tickets": ["T-1001"], "now": True})["asked"]
    name = asked[0]["approvals"][0]["id"]
    desk.wait_mail(kind="request", to=ANNA)
    desk.quiet()
    error = api.call("delegateApproval", 422, {"to": "eve@stranger.example"}, approval=name)["error"]
    same("pointer", error.get("pointer"), "/to")
    api.call("delegateApproval", 200, {"to": address(BOB)}, approval=name, key="d")
    desk.wait_mail(kind="request", to=BOB)
    api.refused("delegateApproval", 409, "conflict", body={"to": address(BOB)}, approval=name)


@story()
def who_was_erased_is_nobody(desk):
    api = admin(desk)
    for title in ("One", "Two"):
        api.call("openTicket", 201, {**LICENCES, "title": title}, key=title)
    asked = api.call("askForApproval", 201, {"tickets": ["T-1001", "T-1002"], "now": True},
                     key="ask")["asked"][0]
    desk.answer(desk.wait_mail(kind="batch"), "yes to all")
    desk.quiet()
    same("states", set(desk.states()), {"approved"})
    same("kept", desk.one("SELECT count(*) FROM api_answers"), 3)
    api.call("changeOrganisation", 200, {"owner": {"email": "new@northwind-tools.example"}},
             organisation="northwind")
    desk.quiet()
    same("while the settings name her", desk.run("erase", address(ANNA), "--yes").returncode, 4)
    for organisation in desk.settings["organisations"]:
        if organisation["owner"] == address(ANNA):
            organisation["owner"] = "new@northwind-tools.example"
    desk.write_settings()
    desk.reload()
    desk.quiet()
    for person in (ANNA, BOB):
        done = desk.run("erase", address(person), "--yes")
        same("erase", done.returncode, 0)
        if address(person) in repr(desk.rows("SELECT body FROM api_answers")):
            raise Failure(f"{person} is in a kept answer")
    name = asked["approvals"][0]["id"]
    seen = api.call("showApproval", 200, approval=name)
    same("nobody", (seen["approver"], seen["decision"]["by"], seen["asked"], seen["title"]),
         (None, None, None, None))
    same("outcome", (seen["state"], seen["decision"]["outcome"]), ("approved", "approved"))
    same("batch", api.call("showBatch", 200, batch=asked["batch"])["approver"], None)
    api.call("showTicket", 200, ticket="T-1001")
    api.call("listTickets", 200)
    api.call("listApprovals", 200)


# --- organisations --------------------------------------------------------------------


@story()
def who_decides_changes_inside_the_domains_only(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    api.call("askForApproval", 201, {"tickets": ["T-1001"], "now": True})
    desk.wait_mail(kind="request", to=ANNA)
    changed = api.call("changeOrganisation", 200, {
        "owner": {"email": "BOB.HANSEN@northwind-tools.example", "name": "Bob Hansen"}},
        organisation="northwind", key="o")
    same("owner", changed["owner"], {"email": address(BOB), "name": "Bob Hansen"})
    holds("previous owner's mail", desk.wait_mail(kind="owner-changed", to=ANNA).text, "Bob Hansen")
    kinds = [r[0] for r in desk.rows("SELECT kind FROM ledger ORDER BY seq")]
    same("ledger", [k for k in kinds if k in ("token.created", "owner")], ["token.created", "owner"])
    same("open question", desk.one("SELECT person_email FROM ballots"), address(ANNA))
    for email, where in (("eve@stranger.example", "/owner/email"), ("nobody", "/owner/email"),
                         ("", "/owner/email")):
        error = api.call("changeOrganisation", 422, {"owner": {"email": email}},
                         organisation="northwind")["error"]
        same("pointer", error["pointer"], where)
    # What the settings say, the settings say.
    for change in ({"name": "Other"}, {"domains": ["other.example"]}, {"locale": "de"},
                   {"time_zone": "Europe/Rome"}):
        api.refused("changeOrganisation", 409, "conflict", body=change, organisation="northwind")
        api.refused("putOrganisation", 409, "conflict", body=change, organisation="northwind")
    same("name", api.call("showOrganisation", 200, organisation="northwind")["name"],
         "Northwind Tools")
    desk.check_ledger()
    # And a restart takes nothing back.
    desk.stop()
    desk.start()
    same("owner", api.call("showOrganisation", 200, organisation="northwind")["owner"]["email"],
         address(BOB))


@story()
def a_customer_is_made_and_brought_up_to_date(desk):
    api = admin(desk)
    lakeside = {"name": "Lakeside Prints", "domains": ["Lakeside-Prints.example"],
                "owner": {"email": "mira@lakeside-prints.example", "name": "Mira Novak"},
                "locale": "en", "time_zone": "Europe/Vienna"}
    api.refused("changeOrganisation", 404, "not-found", body=lakeside, organisation="lakeside")
    made = api.call("putOrganisation", 201, lakeside, organisation="lakeside", key="made")
    same("made", (made["domains"], made["owner"]["email"], made["source"], made["time_zone"]),
         (["lakeside-prints.example"], "mira@lakeside-prints.example", "api:", "Europe/Vienna"))
    api.call("openTicket", 201, {**LICENCES, "requester": {"email": "jan@lakeside-prints.example"}})
    api.call("askForApproval", 201, {"tickets": ["T-1001"], "now": True})
    desk.wait_mail(kind="request", to="mira@lakeside-prints.example")
    same("name", api.call("putOrganisation", 200, {"name": "Lakeside"}, organisation="lakeside")
         ["name"], "Lakeside")
    for change, status, where in (
            ({"domains": ["northwind-tools.example"]}, 409, "/domains"),
            ({"domains": ["no domain"]}, 422, "/domains"), ({"domains": ["a@b.example"]}, 422, "/domains"),
            ({"domains": ["localhost"]}, 422, "/domains"), ({"domains": [7]}, 422, "/domains/0"),
            ({"domains": ["other.example"]}, 422, "/domains"), ({"domains": []}, 422, "/domains"),
            ({"locale": "../../etc"}, 422, "/locale"), ({"time_zone": "Mars/Olympus"}, 422, "/time_zone"),
            ({"time_zone": "../../etc/passwd"}, 422, "/time_zone"), ({"name": "\u200b"}, 422, "/name"),
            ({"name": 7}, 422, "/name")):
        error = api.call("changeOrganisation", status, change, organisation="lakeside")["error"]
        same(f"pointer of {change}", error.get("pointer"), where)
    both = api.call("changeOrganisation", 200, {
        "domains": ["prints.example"], "owner": {"email": "mira@prints.example"},
        "name": "Prints", "locale": "de", "time_zone": "Europe/Prague"}, organisation="lakeside")
    same("both", (both["domains"], both["owner"]["email"]), (["prints.example"], "mira@prints.example"))
    for key in ("Lakeside", "a b", "a%2Fb"):
        api.call("putOrganisation", 422, lakeside, organisation=key.replace("%2F", "\u00e4"))
    kinds = [r[0] for r in desk.rows("SELECT kind FROM ledger ORDER BY seq")]
    same("ledger", [k for k in kinds if k.startswith("org") or k == "owner"],
         ["organisation.made", "owner", "organisation.domains", "owner"])
    desk.check_ledger()


# --- tokens ---------------------------------------------------------------------------


@story()
def a_token_is_shown_once_and_ends_at_once(desk):
    made = token(desk, "tickets:read", name="reports", role="reader", expires="90d")
    api = Api(desk, made["token"])
    api.call("listTickets", 200)
    same("listed", [(t["name"], t["state"], t["role"], t["scopes"])
                    for t in desk.assent("token", "list")],
         [("reports", "valid", "reader", "tickets:read")])
    secret = made["token"]
    for where, text in (("database", repr(desk.dump())), ("log", desk.log()),
                        ("list", desk.run("token", "list").stdout)):
        if secret in text or secret[4:] in text:
            raise Failure(f"the token is in the {where}")
    done = desk.run("token", "revoke", made["id"][:20])
    same("revoked", (done.returncode, done.stderr), (0, ""))
    api.refused("listTickets", 401, "unauthorized")
    same("state", desk.assent("token", "list")[0]["state"], "revoked")
    same("twice", desk.run("token", "revoke", made["id"]).returncode, 4)
    same("nobody's", desk.run("token", "revoke", NOBODY).returncode, 3)
    same("no id", desk.run("token", "revoke", "bridge").returncode, 2)
    kinds = [r[0] for r in desk.rows("SELECT kind FROM ledger ORDER BY seq")]
    same("ledger", kinds[-2:], ["token.created", "token.revoked"])
    # Expiry is a matter of the clock.
    short = Api(desk, token(desk, "tickets:read", expires="2h")["token"])
    short.call("listTickets", 200)
    desk.go(2 * HOUR)
    holds("why", short.refused("listTickets", 401, "unauthorized")["message"], "expired")
    # With the daemon down the tool makes it by itself.
    desk.stop()
    late = token(desk, "tickets:read", name="late", expires="never")
    desk.start()
    Api(desk, late["token"]).call("listTickets", 200)


@story()
def a_token_holds_what_its_role_allows(desk):
    for role, scope in (("reader", "tickets:write"), ("engineer", "organisations:write"),
                        ("reader", "approvals:write"), ("admin", "tickets:reed"), ("admin", ",")):
        done = desk.run("token", "new", "x", "--role", role, "--scope", scope)
        same(f"{role} {scope}", done.returncode, 1)
    for words in (["x y", "--scope", "tickets:read"], ["x", "--scope", "tickets:read", "--team", "a\nb"]):
        same(str(words), desk.run("token", "new", *words).returncode, 1)
    for words in (["x"], ["x", "--scope", "tickets:read", "--role", "owner"],
                  ["x", "--scope", "tickets:read", "--expires", "tomorrow"], []):
        same(str(words), desk.run("token", "new", *words).returncode, 2)
    same("tokens", desk.one("SELECT count(*) FROM api_tokens"), 0)


def scope_of(operation):
    return ("escalations" if "escalations" in operation.path else
            "organisations" if "organisations" in operation.path else
            "tickets" if "tickets" in operation.path else "approvals") + (
                ":read" if operation.method == "GET" else ":write")


@story()
def each_address_wants_its_scope(desk):
    by_scope = {s: Api(desk, token(desk, s, name=s.replace(":", "-"))["token"]) for s in ALL}
    for operation in OPERATIONS.values():
        names, body = names_of(operation), body_of(operation)
        holds("description", operation.entry["description"] + OPERATIONS["putOrganisation"]
              .entry["description"], scope_of(operation))
        for scope, api in by_scope.items():
            headers = {"Content_Type": "application/json"} if body else {}
            answer = api.send(operation.method, operation.url(names),
                              json.dumps(body) if body else None, **headers)
            check(operation, answer)
            if (answer.status == 403) == (scope == scope_of(operation)):
                raise Failure(f"{operation.name} with {scope}: {answer.status}")
    # What the table says is bounded by the role, whoever wrote it.
    weak = Api(desk, token(desk, "tickets:read", role="reader", name="weak")["token"])
    with sqlite3.connect(desk.settings["state_dir"] + "/assentd.db", timeout=20) as db:
        db.execute("UPDATE api_tokens SET scopes = 'tickets:write' WHERE name = 'weak'")
    weak.refused("openTicket", 403, "scope", body=LICENCES)


@story()
def without_a_token_nothing_is_said(desk):
    good = token(desk)["token"]
    stranger = Api(desk, None)
    for operation in OPERATIONS.values():
        check(operation, stranger.send(operation.method, operation.url(names_of(operation))))
        if (operation.name, "401") not in SEEN:
            raise Failure(f"{operation.name} answered a stranger")
    answer = stranger.send("GET", "/api/v1/tickets")
    same("challenge", answer.headers["WWW-Authenticate"], 'Bearer realm="assentd"')
    wrong = ["", "Bearer", "Bearer ", "Basic " + good, "Bearer " + good[:-1],
             "Bearer " + good[:-1] + ("a" if good[-1] != "a" else "b"), "Bearer " + good + " x",
             "Bearer asn_" + "a" * 40, "Bearer " + "\x7f" * 44, "Bearer " + "a" * 5000]
    for header in wrong:
        answer = stranger.send("GET", "/api/v1/tickets", Authorization=header)
        check(OPERATIONS["listTickets"], answer)
        same(f"status of {header[:60]!r}", answer.status, 401)
        holds("challenge", answer.headers["WWW-Authenticate"], "invalid_token")
    # Guessing is slow, and does not stop who has one.
    for _ in range(40):
        answer = stranger.send("GET", "/api/v1/tickets", Authorization="Bearer asn_" + "a" * 40)
    check(OPERATIONS["listTickets"], answer)
    same("guesses", (answer.status, answer.headers["Retry-After"]), (429, "60"))
    Api(desk, good).call("listTickets", 200)
    same("a link", desk.open(desk.url + "/a/" + "a" * 32).status, 404)


# --- twice -----------------------------------------------------------------------------


@story()
def a_repeated_request_does_nothing_twice(desk):
    api, other = admin(desk), admin(desk, name="other")
    body = json.dumps(LICENCES)
    headers = {"Content_Type": "application/json", "Idempotency_Key": "once"}
    first = api.send("POST", "/api/v1/tickets", body, **headers)
    again = api.send("POST", "/api/v1/tickets", body, **headers)
    for answer in (first, again):
        check(OPERATIONS["openTicket"], answer)
    same("answer", (again.status, again.body), (201, first.body))
    same("replay", (first.headers.get("Idempotent-Replay"), again.headers.get("Idempotent-Replay")),
         (None, "true"))
    for change in ({**LICENCES, "title": "Other"}, {**LICENCES, "customer": "northwind"}):
        api.refused("openTicket", 422, "idempotency-key", body=change, key="once")
    api.refused("addMessage", 422, "idempotency-key", body=LICENCES and {"text": "x"}, key="once",
                ticket="T-1001")
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
    other.call("openTicket", 201, LICENCES, key="once")
    # What was refused was not done: the same key may try again.
    api.call("openTicket", 422, {**LICENCES, "customer": "later"}, key="later")
    api.call("putOrganisation", 201, {}, organisation="later")
    api.call("openTicket", 201, {**LICENCES, "customer": "later"}, key="later")
    for key in ("", "a b", "x" * 201, "\u00e4".encode().decode("latin-1"), "\t"):
        answer = api.send("POST", "/api/v1/tickets", body,
                          **{**headers, "Idempotency_Key": key})
        check(OPERATIONS["openTicket"], answer)
        same(f"key {key!r}", answer.status, 422)
    # A day later nobody asks for that answer any more.
    desk.go(DAY)
    answer = api.send("POST", "/api/v1/tickets", body, **headers)
    same("a day later", (answer.status, answer.headers.get("Idempotent-Replay")), (201, None))
    same("kept", desk.one("SELECT count(*) FROM api_answers"), 1)


@story()
def twenty_at_once_with_one_key_are_one(desk):
    api = admin(desk)

    def post(path, body=None, key="all"):
        headers = {"Idempotency_Key": key} if key else {}
        return api.send("POST", path, body, Content_Type="application/json", **headers)

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post("/api/v1/tickets", json.dumps(LICENCES)), range(20)))
        same("statuses", {a.status for a in answers}, {201})
        same("answers", len({a.body for a in answers}), 1)
        same("done", [a.headers.get("Idempotent-Replay") for a in answers].count(None), 1)
        same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
        asked = api.call("askForApproval", 201, {"tickets": ["T-1001"]})["asked"]
        path = f"/api/v1/approvals/{asked[0]['approvals'][0]['id']}/withdraw"
        answers = list(pool.map(lambda _: post(path, key=None), range(20)))
        same("withdrawn once", sorted(a.status for a in answers), [200] + [409] * 19)
        # A ticket that an id names is opened once, key or not.
        wish = json.dumps({**LICENCES, "external_id": "4711"})
        answers = list(pool.map(lambda _: post("/api/v1/tickets", wish, None), range(20)))
        same("opened once", sorted(a.status for a in answers), [201] + [409] * 19)
    same("events", desk.one("SELECT count(*) FROM events WHERE kind = 'approval.state' AND"
                            " after = 'withdrawn'"), 1)


# --- what is wrong -----------------------------------------------------------------------


def nested(levels):
    return '{"title":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


@story()
def a_bad_body_is_refused_with_its_place(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    cases = [
        (b"", 400, "syntax", ""), (b"{", 400, "syntax", None), (b'{"title": "x",}', 400, "syntax", None),
        (b'{"title": "\xff"}', 400, "syntax", None), (b"{}x", 400, "syntax", None),
        (b"[]", 422, "not-an-object", ""), (b'"x"', 400, "syntax", ""),
        (b'{"title":"x","title":"y"}', 422, "doubled-key", "/title"),
        (b'{"requester":{"name":"a","n\\u0061me":"b"}}', 422, "doubled-key", "/requester/name"),
        (nested(33).encode(), 422, "too-deep", "/title" + "/0" * 31),
        (nested(100000).encode(), 422, "too-deep", "/title" + "/0" * 31),
        (nested(32).encode(), 422, "invalid", "/title"),
        (b'{"title":"\\u0000"}', 400, "syntax", "/title"),
        (b'{"title":1e999}', 400, "syntax", "/title"),
        (b'{"tittle":"x"}', 422, "missing", "/title"),
        (json.dumps({**LICENCES, "tittle": "x"}).encode(), 422, "unknown-field", "/tittle"),
        (json.dumps({**LICENCES, "requester": {"mail": "x"}}).encode(), 422, "unknown-field",
         "/requester/mail"),
        (json.dumps({**LICENCES, "title": "x" * 501}).encode(), 422, "too-long", "/title"),
        (json.dumps({**LICENCES, "description": "x" * 262145}).encode(), 422, "too-long",
         "/description"),
        (json.dumps({**LICENCES, "requester": "bob"}).encode(), 422, "invalid", "/requester"),
    ]
    for body, status, code, pointer in cases:
        error = api.refused("openTicket", status, code, body=body)
        if pointer is not None:
            same(f"pointer of {body[:60]!r}", error.get("pointer"), pointer)
    for operation in [o for o in OPERATIONS.values() if o.body_schema()]:
        path = operation.url({n: "T-1001" if n == "ticket" else "northwind"
                              for n in names_of(operation)})
        good = json.dumps(body_of(operation))
        for body, kind, status in (("{", "application/json", 400), (good, None, 415),
                                   (good, "text/plain", 415),
                                   (good, "application/json; charset=latin-1", 415),
                                   ("[]", "application/json", 422),
                                   (" " * (1 << 20) + good, "application/json", 413)):
            headers = {"Content_Type": kind} if kind else {}
            answer = api.send(operation.method, path, body, **headers)
            check(operation, answer)
            same(f"{operation.name} with {body[:20]!r} as {kind}", answer.status, status)
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)


@story()
def what_is_not_there_is_said_so(desk):
    api = admin(desk)
    for operation in OPERATIONS.values():
        names = names_of(operation)
        if names and operation.name != "putOrganisation":
            api.refused(operation.name, 404, "not-found", body=body_of(operation), **names)
    for path in ("/api/v1", "/api/v1/", "/api/v1/ticket", "/api/v1/tickets/", "/api/v2/tickets",
                 "/api/v1/tickets/T-1/messages/1", "/api/v1/verbs", "/api/v1/openapi.yaml"):
        answer = api.send("GET", path)
        same(path, (answer.status, answer.error().get("code"), answer.headers["Content-Type"]),
             (404, "not-found", "application/json"))
        validate(path, answer.json, {"$ref": "#/components/schemas/Error"})
    # Verbs are the tool's: over TCP there is nothing, whatever the token.
    same("verbs", api.send("POST", "/api/v1/verbs/clock.accept", "{}").status, 404)
    for path in DOCUMENT["paths"]:
        has = {o.method for o in OPERATIONS.values() if o.path == path}
        has |= {"HEAD"} & ({"HEAD"} if "GET" in has else set())
        url = re.sub(r"\{\w+\}", NOBODY, path)
        for method in {"GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"} - has:
            answer = api.send(method, url)
            same(f"{method} {path}", (answer.status, answer.error().get("code"),
                                      set(answer.headers["Allow"].split(", "))),
                 (405, "method", has))
            validate(path, answer.json, {"$ref": "#/components/schemas/Error"})
    api.refused("openTicket", 422, "missing", body={})
    first = api.call("openTicket", 201, {**LICENCES, "external_id": "7"})
    error = api.refused("openTicket", 409, "conflict", body={**LICENCES, "external_id": "7"})
    holds("which", error["message"], first["ref"])
    api.call("addMessage", 201, {"text": "a", "external_id": "1"}, ticket="T-1001")
    api.refused("addMessage", 409, "conflict", body={"text": "b", "external_id": "1"},
                ticket="T-1001")
    api.refused("addMessage", 422, "invalid", body={"text": "\u200b"}, ticket="T-1001")
    for operation in ("withdrawApproval", "remindOwner"):
        api.refused(operation, 422, "idempotency-key", key="a b", approval=NOBODY)


@story()
def a_long_thread_has_an_end(desk):
    api = admin(desk)
    api.call("openTicket", 201, {**LICENCES, "description": '"' * 262144})
    for i in range(12):
        api.call("addMessage", 201, {"text": f"{i} " + "\n\"" * 131000, "external_id": str(i)},
                 ticket="T-1001", key=f"k{i}")
    seen = api.call("showTicket", 200, ticket="T-1001")
    same("left out", seen["messages_left_out"] + len(seen["messages"]), 13)
    same("the newest", [m["seq"] for m in seen["messages"]], list(range(6, 14)))
    for i in range(210):
        api.call("addMessage", 201, {"text": f"short {i}"}, ticket="T-1001")
    seen = api.call("showTicket", 200, ticket="T-1001")
    same("many", ([m["text"] for m in seen["messages"]][-1], len(seen["messages"]),
                  seen["messages_left_out"]), ("short 209", 200, 23))


def raw(desk, text):
    with socket.create_connection(("127.0.0.1", desk.port), 30) as s:
        s.sendall(text.encode())
        s.settimeout(30)
        got = b""
        while more := s.recv(65536):
            got += more
    head, _, body = got.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@story()
def a_request_that_can_be_read_in_two_ways_is_not_read(desk):
    head = f"Host: x\r\nAuthorization: Bearer {admin(desk).token}\r\nContent-Type: application/json\r\n"
    for line in ("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                 "Content-Length: 2\r\nContent-Length: 3\r\n"):
        status, body = raw(desk, f"POST /api/v1/tickets HTTP/1.1\r\n{head}{line}\r\n{{}}\r\n0\r\n\r\n")
        same(line, status, 400)
        same("code", json.loads(body)["error"]["code"], "bad-request")
        validate(line, json.loads(body), {"$ref": "#/components/schemas/Error"})
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 0)


@story(**rate(5))
def a_token_has_so_many_requests_a_minute(desk):
    api, other = admin(desk), admin(desk, name="other")
    for _ in range(5):
        api.call("listTickets", 200)
    for operation in OPERATIONS.values():
        error = api.refused(operation.name, 429, "rate", body=body_of(operation),
                            **names_of(operation))
        holds("sentence", error["message"], "5 requests")
    answer = api.send("GET", "/api/v1/tickets")
    same("pause", answer.headers["Retry-After"], "12")
    other.call("listTickets", 200)
    desk.go(12 * SECOND)
    api.call("listTickets", 200)
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 0)


@story()
def while_the_database_is_held_nothing_is_done(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    asked = api.call("askForApproval", 201, {"tickets": ["T-1001"], "now": True})["asked"]
    desk.quiet()
    names = {"ticket": "T-1001", "organisation": "northwind", "finding": "1", "fix": "1",
             "task": "1", "kind": "notes", "approval": asked[0]["approvals"][0]["id"],
             "escalation": raised(api)["id"]}
    desk.quiet()
    writes = [o for o in OPERATIONS.values() if o.method != "GET"]
    before = desk.world()
    db = sqlite3.connect(desk.settings["state_dir"] + "/assentd.db", timeout=20,
                         isolation_level=None)
    db.execute("BEGIN IMMEDIATE")

    def one(operation):
        api.refused(operation.name, 503, "busy", body=body_of(operation),
                    **{n: names[n] for n in names_of(operation)})

    with concurrent.futures.ThreadPoolExecutor(len(writes)) as pool:
        list(pool.map(one, writes))
    # Reading goes on.
    api.call("showTicket", 200, ticket="T-1001")
    db.execute("ROLLBACK")
    db.close()
    same("world", desk.world(), before)
    api.call("withdrawApproval", 200, approval=names["approval"])


@story(change=lambda settings: settings.update(min_free="1024GiB"))
def a_full_disk_takes_nothing_and_says_so(desk):
    api = admin(desk)
    for operation in OPERATIONS.values():
        if operation.body_schema():
            error = api.refused(operation.name, 503, "full", body=body_of(operation),
                                **{n: "T-1001" for n in names_of(operation)})
            holds("sentence", error["message"], "nothing was done")
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 0)
    api.call("listTickets", 200)
    desk.settings["min_free"] = "1MiB"
    desk.write_settings()
    desk.reload()
    api.call("openTicket", 201, LICENCES)


@story()
def the_control_socket_answers_too(desk):
    made = token(desk, "tickets:read")
    api = Api(desk, made["token"], over_unix=True)
    api.call("listTickets", 200)
    Api(desk, None, over_unix=True).refused("listTickets", 401, "unauthorized")
    # HEAD is GET without its body.
    answer = api.send("HEAD", "/api/v1/tickets")
    same("HEAD", (answer.status, answer.body), (200, b""))


@story()
def reading_changes_nothing(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    asked = api.call("askForApproval", 201, {"tickets": ["T-1001"], "now": True})["asked"]
    desk.wait_mail(kind="request")
    desk.quiet()
    names = {"ticket": "T-1001", "organisation": "northwind", "batch": NOBODY, "kind": "notes",
             "approval": asked[0]["approvals"][0]["id"], "escalation": raised(api)["id"]}
    desk.quiet()
    before = desk.dump()
    for operation in OPERATIONS.values():
        if operation.method == "GET":
            path = operation.url({n: names[n] for n in names_of(operation)})
            for _ in range(3):
                api.send("GET", path)
                api.send("HEAD", path, Idempotency_Key="k")
    desk.quiet()
    same("tables", desk.dump(), before)


# --- documents -------------------------------------------------------------------------


def drafted(desk, api, kind, **more):
    """Until its job is done."""
    answer = api.call("draftDocument", 202, more.pop("body", {}), ticket="T-1001", kind=kind, **more)
    same("drafting", (answer["status"], answer["target_ticket_ref"], answer["kind"]),
         ("drafting", "T-1001", kind))
    desk.quiet()
    return answer


@story()
def a_document_is_drafted_once_and_a_get_drafts_nothing(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    before = desk.dump()
    for kind in ("summary", "handoff", "resolution", "proposal", "notes"):
        api.refused("showDocument", 404, "not-found", ticket="T-1001", kind=kind)
    same("list", api.call("listDocuments", 200, ticket="T-1001")["items"], [])
    same("nothing was written", desk.dump(), before)
    drafted(desk, api, "handoff", key="h")
    shown = api.call("showDocument", 200, ticket="T-1001", kind="handoff", query={"locale": "en"})
    holds("text", shown["text"], "## Problem", "CAD")
    same("shown", (shown["revision"], shown["label"], shown["author"], shown["provider"],
                   shown["current"], shown["usage"]["output_tokens"]),
         (1, "drafted without AI", None, "extract", True, 0))
    before = desk.dump()
    for _ in range(3):
        again = api.call("draftDocument", 200, {}, ticket="T-1001", kind="handoff")
        same("again", again, {**shown, "from_cache": True})
    same("nothing was written", desk.dump(), before)
    # A repeat of what was asked then is answered as it was then.
    api.call("draftDocument", 202, {}, ticket="T-1001", kind="handoff", key="h")
    same("with a key", api.call("draftDocument", 200, {}, ticket="T-1001", kind="handoff",
                                key="i")["from_cache"], True)
    drafted(desk, api, "handoff", body={"force": True})
    drafted(desk, api, "handoff", body={"locale": "de"})
    german = api.call("showDocument", 200, ticket="T-1001", kind="handoff",
                      query={"locale": "de"})
    holds("German", german["text"], "## Problem\n")
    same("revisions", [api.call("showDocument", 200, ticket="T-1001", kind="handoff",
                                query={"revision": str(n)})["revision"] for n in (1, 2)], [1, 2])
    api.refused("showDocument", 404, "not-found", ticket="T-1001", kind="handoff",
                query={"revision": "3"})
    for query in ({"revision": "0"}, {"revision": "x"}, {"locale": "d"}):
        api.refused("showDocument", 422, "invalid", ticket="T-1001", kind="handoff", query=query)
    api.refused("showDocument", 404, "not-found", ticket="T-1001", kind="poem")
    api.call("suggestFix", 201, {"title": "Replace it"}, ticket="T-1001")
    same("moved", api.call("showDocument", 200, ticket="T-1001", kind="handoff")["current"], False)
    drafted(desk, api, "handoff")
    same("list", [(d["kind"], d["locale"], d["revision"]) for d in
                  api.call("listDocuments", 200, ticket="T-1001")["items"]],
         [("handoff", "de", 1), ("handoff", "en", 3)])


@story()
def a_draft_can_be_watched_and_waited_for(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    api.refused("watchDocument", 404, "not-found", ticket="T-1001", kind="notes")
    text = api.call("draftDocument", 200, {}, ticket="T-1001", kind="notes",
                    headers={"Prefer": "wait=30"})
    shown = api.call("showDocument", 200, ticket="T-1001", kind="notes")
    same("waited for", text, shown)
    events = api.call("watchDocument", 200, ticket="T-1001", kind="notes", query={"locale": "en"})
    done = json.loads(re.fullmatch(r"event: done\ndata: (.*)\n\n", events)[1])
    same("done", (done["id"], done["kind"], done["locale"], done["usage"]),
         (shown["id"], "notes", "en", shown["usage"]))
    events = api.call("watchDocument", 200, ticket="T-1001", kind="notes",
                      headers={"Last-Event-ID": "what was never one"})
    same("no place of ours", re.findall("event: (.*)", events), ["done"])
    same("locale", api.call("watchDocument", 422, ticket="T-1001", kind="notes",
                            query={"locale": "e n"})["error"]["code"], "invalid")


@story(desk=False)
def who_knows_the_end_of_a_draft_is_told_no_more(build):
    with Teller() as teller, Desk(build, change=settle(teller)) as desk:
        api = admin(desk)
        api.call("openTicket", 201, LICENCES)
        begin(desk, teller, api.token)
        watcher = Watcher(desk, api.token)
        teller.say(*LINES)
        watcher.text("".join(LINES))
        before = watcher.last
        teller.end()
        same("done", watcher.event()[0], "done")
        rest = api.call("watchDocument", 200, ticket="T-1001", kind="handoff",
                        headers={"Last-Event-ID": before})
        same("the rest", re.findall("event: (.*)", rest), ["done"])
        same("no more", api.call("watchDocument", 204, ticket="T-1001", kind="handoff",
                                 query={"last_event_id": watcher.last}), "")


@story()
def many_who_want_the_same_document_make_one(desk):
    api = admin(desk)
    api.call("openTicket", 201, LICENCES)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: api.send("POST", "/api/v1/tickets/T-1001/documents/notes", "{}",
                                        Content_Type="application/json"), range(24)))
    desk.quiet()
    same("notes", api.call("showDocument", 200, ticket="T-1001", kind="notes")["revision"], 1)


@story()
def an_engineer_puts_a_text_of_his_own_in_a_drafts_place(desk):
    api = admin(desk, team="Network")
    api.call("openTicket", 201, LICENCES)
    drafted(desk, api, "handoff")
    before = version(api)
    put = api.call("editDocument", 200, {"text": "It is the licence server.\u202e"},
                   ticket="T-1001", kind="handoff", key="e")
    same("put", (put["text"], put["revision"], put["author"], put["label"]),
         ("It is the licence server.", 2, "api:bridge (Network)",
          "written by api:bridge (Network)"))
    holds("warnings", " ".join(put["warnings"]), "## Problem")
    same("again", api.call("editDocument", 200, {"text": "It is the licence server.",
                                                 "locale": "en"},
                           ticket="T-1001", kind="handoff")["revision"], 2)
    same("version", version(api), before)
    same("stands", api.call("draftDocument", 200, {}, ticket="T-1001", kind="handoff")["revision"],
         2)
    same("first", api.call("showDocument", 200, ticket="T-1001", kind="handoff",
                           query={"revision": "1"})["author"], None)
    for body, code, pointer in (({"text": "\u200b"}, "invalid", "/text"),
                                ({"text": ""}, "missing", "/text"),
                                ({"text": "x" * 32001}, "too-long", "/text"),
                                ({"text": "x", "locale": "d e"}, "invalid", "/locale"),
                                ({"text": "x", "revision": 0}, "invalid", "/revision")):
        error = api.call("editDocument", 422, body, ticket="T-1001", kind="notes")["error"]
        same(f"refusal of {body}"[:80], (error["code"], error["pointer"]), (code, pointer))
    error = api.call("draftDocument", 422, {"locale": "d e"}, ticket="T-1001", kind="notes")
    same("pointer", error["error"]["pointer"], "/locale")
    api.refused("editDocument", 422, "invalid", body={"text": "{}"}, ticket="T-1001",
                kind="proposal")


@story()
def of_two_who_edit_at_once_the_second_is_told(desk):
    first, second = admin(desk, name="eve"), admin(desk, name="sam")
    first.call("openTicket", 201, LICENCES)
    drafted(desk, first, "handoff")
    read = first.call("showDocument", 200, ticket="T-1001", kind="handoff")["revision"]
    same("eve", first.call("editDocument", 200, {"text": "It is the server.", "revision": read},
                           ticket="T-1001", kind="handoff")["revision"], 2)
    error = second.call("editDocument", 409, {"text": "It is the key.", "revision": read},
                        ticket="T-1001", kind="handoff")["error"]
    same("sam", (error["code"], error["message"]),
         ("conflict", "revision 1 is not the newest any more: there is revision 2, written by "
                      "api:eve"))
    # Who sends the same once more, because the answer was lost, is not told off.
    same("eve again", first.call("editDocument", 200, {"text": "It is the server.",
                                                       "revision": read},
                                 ticket="T-1001", kind="handoff")["revision"], 2)
    same("sam again", second.call("editDocument", 200, {"text": "It is the key.", "revision": 2},
                                  ticket="T-1001", kind="handoff")["revision"], 3)
    second.refused("editDocument", 409, "conflict", body={"text": "x", "revision": 1},
                   ticket="T-1001", kind="notes")
    with open(desk.folder + "/text", "w", encoding="utf-8") as f:
        f.write("It is neither.")
    done = desk.run("document", "edit", "T-1001", "handoff", "--file", desk.folder + "/text",
                    "--revision", "2")
    same("the tool", (done.returncode != 0, "there is revision 3" in done.stderr), (True, True))
    same("the tool again", desk.assent("document", "edit", "T-1001", "handoff", "--file",
                                       desk.folder + "/text", "--revision", "3")["revision"], 4)


def two_drafts(settings):
    settings["http"]["api_drafts"] = 2


@story(change=two_drafts)
def what_costs_money_has_a_limit_of_its_own(desk):
    api, other = admin(desk), admin(desk, name="other")
    api.call("openTicket", 201, LICENCES)
    drafted(desk, api, "handoff")
    drafted(desk, api, "notes")
    answer = api.send("POST", "/api/v1/tickets/T-1001/documents/summary", "{}",
                      Content_Type="application/json")
    same("status", answer.status, 429)
    same("pause", answer.headers["Retry-After"], "1800")
    holds("sentence", json.dumps(answer.json), "more than 2 documents drafted in an hour")
    api.call("draftDocument", 200, {}, ticket="T-1001", kind="notes")
    api.call("showDocument", 200, ticket="T-1001", kind="notes")
    drafted(desk, other, "summary")
    api.call("draftDocument", 200, {}, ticket="T-1001", kind="summary")


@story(desk=False)
def a_draft_under_way_is_no_way_around_the_limit(build):
    with ModelServer() as server, Desk(build, change=settle(server, api_drafts=2)) as desk:
        api = admin(desk)
        api.call("openTicket", 201, LICENCES)
        server.hold()
        for i in range(2):
            api.call("addFinding", 201, {"text": f"Seat {i}"}, ticket="T-1001")
            api.call("draftDocument", 202, {"force": True}, ticket="T-1001", kind="handoff")
            api.call("draftDocument", 202, {}, ticket="T-1001", kind="handoff")
        for i in range(2, 5):
            api.call("addFinding", 201, {"text": f"Seat {i}"}, ticket="T-1001")
            answer = api.send("POST", "/api/v1/tickets/T-1001/documents/handoff",
                              '{"force": true}', Content_Type="application/json")
            same("status", answer.status, 429)
        server.let_go()
        desk.quiet()
        same("drafts", sum(u["documents"] for u in desk.assent("document", "usage")), 2)


@story(desk=False)
def what_is_closed_beyond_the_limit_is_written_about_without_a_model(build):
    with ModelServer() as server, Desk(build, change=settle(server, api_drafts=2)) as desk:
        api = admin(desk)
        api.call("openTicket", 201, LICENCES)
        for _ in range(4):
            api.call("pauseTicket", 200, {}, ticket="T-1001")
            desk.quiet()
            api.call("resumeTicket", 200, {}, ticket="T-1001")
        same("drafts", sum(u["documents"] for u in desk.assent("document", "usage")), 2)
        notes = api.call("showDocument", 200, ticket="T-1001", kind="notes")
        same("last", (notes["revision"], notes["label"], notes["why_not_by_ai"]),
             (4, "drafted without AI", None))


@story(desk=False)
def what_is_asked_beyond_the_limit_is_summed_up_without_a_model(build):
    with ModelServer() as server, Desk(build, change=settle(server, api_drafts=2)) as desk:
        api = admin(desk)
        api.call("openTicket", 201, LICENCES)
        for i in range(4):
            api.call("addFinding", 201, {"text": f"Seat {i}"}, ticket="T-1001")
            api.call("askForApproval", 201, {"tickets": ["T-1001"], "now": True})
            desk.quiet()
        same("drafts", sum(u["documents"] for u in desk.assent("document", "usage")), 2)
        same("asked all the same", len(desk.mails(kind="request", to=ANNA)), 4)
        same("label", api.call("showDocument", 200, ticket="T-1001", kind="summary")["label"],
             "drafted without AI")


# --- the end -------------------------------------------------------------------------------


@story(desk=False)
def all_that_is_documented_was_seen(_):
    if any(not a.startswith("-") and a != "build" for a in sys.argv[3:]):
        return "only some stories were told"
    for operation in OPERATIONS.values():
        for status in operation.responses:
            if status != "default" and (operation.name, status) not in SEEN:
                raise Failure(f"{operation.name} was never seen to answer {status}")
        for parameter in operation.parameters:
            if (operation.name, parameter["name"]) not in NAMED:
                raise Failure(f"{operation.name}: {parameter['name']} was never used")
        for name in resolve(operation.body_schema() or {}).get("properties", {}):
            if (operation.name, name) not in SENT:
                raise Failure(f"{operation.name}: {name} was never sent")
    return None


if __name__ == "__main__":
    sys.exit(main(globals()))
