#!/usr/bin/python3
"""Documents by a model with a whole daemon: one call each, and nothing else waits for them."""
import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
sys.path.insert(0, os.path.dirname(__file__))
# pylint: disable=wrong-import-position
from daemon import Desk, SECOND, holds, main, same, story, until
from model_server import ModelServer, settle
from test_model import BODY

KINDS = ("summary", "handoff", "resolution", "proposal", "notes")
T = "T-1001"


def slowly(server):
    return settle(server, timeout="30s", batch_timeout="60s")


def draft(desk, kind, *more):
    return desk.assent("document", "draft", T, kind, *more)


def show(desk, kind):
    return desk.assent("document", "show", T, kind)


def ticket(desk):
    desk.mail("Sam Okafor <sam@brightdesk.example>", "Twelve more licences", BODY,
              to="Bob Hansen <bob.hansen@northwind-tools.example>",
              cc="approvals@brightdesk.example")
    desk.quiet()


@story(desk=False)
def a_document_costs_once_and_says_what(build):
    with ModelServer() as server, Desk(build, change=slowly(server)) as desk:
        ticket(desk)
        draft(desk, "summary")
        desk.quiet()
        asked = len(server.requests)
        shown = show(desk, "summary")
        same("label", shown["label"], "drafted by AI (acme-small)")
        same("tokens", shown["usage"]["input_tokens"] > 0, True)
        for _ in range(5):
            draft(desk, "summary")
            show(desk, "summary")
        desk.quiet()
        same("requests", len(server.requests), asked)
        usage = desk.assent("document", "usage")
        same("usage", [(u["organisation"], u["kind"], u["model"], u["documents"]) for u in usage],
             [("northwind", "summary", "acme-small", 1)])
        same("tokens", usage[0]["input_tokens"], shown["usage"]["input_tokens"])


@story(desk=False)
def many_who_want_the_same_wait_for_one_call(build):
    with ModelServer() as server, Desk(build, change=slowly(server)) as desk:
        ticket(desk)
        server.hold()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: draft(desk, "summary"), range(12)))
        until(lambda: server.open == 1, "the model to be asked")
        server.let_go()
        desk.quiet()
        same("at once", server.most, 1)
        same("revision", show(desk, "summary")["revision"], 1)


@story(desk=False)
def a_slow_model_holds_up_neither_answers_nor_mails(build):
    with ModelServer() as server, Desk(build, change=slowly(server)) as desk:
        request = desk.ask(body=BODY)
        server.hold()
        for kind in KINDS:
            draft(desk, kind, "--force")
        draft(desk, "notes", "--locale", "de")
        until(lambda: server.open == 5, "five documents to be under way")
        desk.answer(request, "Approved")
        desk.wait_states("approved")
        desk.wait_mail(kind="receipt")
        same("at once", server.most, 5)
        server.let_go()
        desk.quiet()
        same("stored", sorted({d["kind"] for d in desk.assent("document", "list", T)}),
             sorted(KINDS))


@story(desk=False)
def one_that_is_cut_off_by_a_kill_is_drafted_after_the_next_start(build):
    with ModelServer() as server, Desk(build, change=slowly(server)) as desk:
        ticket(desk)
        server.hold()
        draft(desk, "summary")
        until(lambda: server.open == 1, "the model to be asked")
        desk.kill()
        server.let_go()
        desk.start()
        draft(desk, "summary")
        desk.quiet()
        shown = show(desk, "summary")
        same("revision", (shown["revision"], shown["label"]), (1, "drafted by AI (acme-small)"))
        same("stored", desk.one("SELECT count(*) FROM documents"), 1)


@story(desk=False)
def an_outage_is_told_and_tried_again_later(build):
    with ModelServer() as server, Desk(build, change=slowly(server)) as desk:
        server.plays = ["status-500"]
        ticket(desk)
        draft(desk, "summary")
        desk.quiet()
        shown = show(desk, "summary")
        same("label", shown["label"], "drafted without AI")
        holds("why", shown["why_not_by_ai"], "500")
        asked = len(server.requests)
        draft(desk, "summary")
        same("requests", len(server.requests), asked)
        server.plays = ["openai"]
        desk.go(600 * SECOND)
        draft(desk, "summary")
        desk.quiet()
        same("label", show(desk, "summary")["label"], "drafted by AI (acme-small)")


if __name__ == "__main__":
    sys.exit(main(globals()))
