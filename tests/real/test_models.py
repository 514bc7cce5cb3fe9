"""The whole daemon with models of all three APIs: every committed exchange, replayed."""
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE + "/../wire", HERE + "/../story", HERE]
# pylint: disable=wrong-import-position
from daemon import AGENT, BOB, Desk, Failure, SAM, holds, main, same, story, until
from model_server import write_key
from replay import STUCK, Replay, exchange, names
from test_stream import Watcher, token

APIS = ("openai", "anthropic", "gemini")
KEY = "sk-northwind-key"  # openai-401 quotes it
T = "T-1001"
BODY = ("Bob needs twelve more CAD licences by Friday. They cost 4,800 EUR a year. Nine people "
        "cannot open their drawings without them.")
SAID = ("- Bob needs twelve more CAD licences.",
        "- Nine people cannot open their drawings without them.",
        "- The cost is 4,800 EUR a year.", "- They are needed by Friday.")
TEXT = "\n".join(SAID) + "\n"


def chain(server, *plays, timeout="10s"):
    return [{"name": play.replace("~", "-"), "kind": exchange(play.removesuffix(STUCK))["api"],
             "base_url": server.url(play), "model": "acme-small", "key_file": "ai.key",
             "timeout": timeout} for play in plays]


def settle(server, *plays, **more):
    def change(settings):
        write_key(settings, KEY)
        settings["models"] = chain(server, *plays, **more)
        # Less than any Retry-After of the exchanges: nobody is waited for.
        settings["ai"] = {**settings.get("ai", {}), "batch_timeout": "15s"}
    server.said = SAID
    return change


def replace(desk, server, *plays):
    desk.settings["models"] = chain(server, *plays)
    desk.write_settings()
    desk.reload()


def open_ticket(desk):
    desk.mail(SAM, "Twelve more licences", BODY, to=BOB, cc=AGENT)
    desk.quiet()


def draft(desk, kind="summary"):
    """A document, drafted anew."""
    desk.assent("document", "draft", T, kind, "--force")
    desk.quiet()
    return desk.assent("document", "show", T, kind)


def is_stream(request):
    return request["path"].endswith("?alt=sse") or request["json"].get("stream", False)


def is_about_tuning(name):
    """Then it is asked once more, without."""
    play = exchange(name)
    told = str(play.get("body")).lower()
    return play["status"] == 400 and ("max_tokens" in told or "maxoutputtokens" in told)


def check(desk, server):
    """Every request is one of its API; no key and no word of a ticket where none belongs."""
    same("requests that depart from their API", server.faults, [])
    for request in server.requests:
        same("headers with the key", [v.count(KEY) for v in request["headers"].values()].count(1),
             1)
        if KEY in str(request["json"]) + request["path"]:
            raise Failure("a key is in a body or an address")
    for word in (KEY, "CAD", "drawings", "Rate limit reached", "licences"):
        if word in desk.log():
            raise Failure(f"the log says {word!r}")


def came_to(name, document):
    """What the exchange itself says must come of it."""
    play = exchange(name)
    want = play.get("want", {})
    if "text" in want:
        usage = document["usage"]
        same(f"{name}: written", (document["provider"], document["model"], document["text"],
                                  document["why_not_by_ai"]), (name, "acme-small", TEXT, ""))
        same(f"{name}: usage", [usage[k] for k in ("input_tokens", "cached_tokens",
                                                   "output_tokens")],
             [want[k] for k in ("in", "cached", "out")])
        return
    same(f"{name}: written", (document["provider"], document["label"]),
         ("extract", "drafted without AI"))
    holds(f"{name}: text", document["text"], "twelve more CAD licences")
    holds(f"{name}: why", document["why_not_by_ai"],
          name if play.get("fault") == "disconnect" else f"{name}: {play['why']}")


@story(desk=False)
def each_exchange_ends_in_the_document_that_it_should(build):
    with Replay() as server, Desk(build, change=settle(server, names()[0])) as desk:
        open_ticket(desk)
        for name in names():
            replace(desk, server, name)
            came_to(name, draft(desk))
            asked = server.asked(name)
            same(f"{name}: streams asked for", [is_stream(r) for r in asked],
                 [True] * (2 if is_about_tuning(name) else 1))
        check(desk, server)


def turns_of(request):
    body = request["json"]
    return [t["role"] for t in body.get("messages", body.get("contents"))]


@story(desk=False)
def every_kind_is_asked_for_and_what_has_faults_once_more(build):
    for api in APIS:
        with Replay() as server, Desk(build, change=settle(server, f"{api}-plain")) as desk:
            open_ticket(desk)
            server.said = [("- Look at https://evil.example.", *SAID[1:]), SAID]
            document = draft(desk)
            same("mended", (document["provider"], document["text"]), (f"{api}-plain", TEXT))
            usage = exchange(f"{api}-plain")["want"]["in"]
            same("usage of both", document["usage"]["input_tokens"], 2 * usage)
            server.said = SAID
            for kind in ("handoff", "resolution", "notes"):
                same(kind, draft(desk, kind)["label"], "drafted without AI")
            draft(desk, "proposal")
            same("requests", len(server.requests), 10)
            for n, request in enumerate(server.requests):
                same(f"turns of {n}", len([t for t in turns_of(request) if t != "system"]),
                     3 if n % 2 else 1)
            tasks = {str(r["json"].get("system", r["json"].get("systemInstruction",
                     r["json"].get("messages", [0])[0]))) for r in server.requests}
            same("tasks", len(tasks), 5)
            check(desk, server)


@story(desk=False)
def the_owner_reads_what_each_api_wrote(build):
    for api in APIS:
        with Replay() as server, Desk(build, change=settle(server, f"{api}-plain")) as desk:
            request = desk.ask(body=BODY)
            holds("the mail", request.text, "drafted by AI (acme-small)", *(s[2:] for s in SAID))
            same("streams", [is_stream(r) for r in server.requests], [False])
            check(desk, server)


@story(desk=False)
def the_next_of_the_chain_writes_and_who_says_retry_after_is_left_alone(build):
    with Replay() as server, Desk(build, change=settle(server, "openai-429", "anthropic-cut",
                                                       "gemini-stream")) as desk:
        open_ticket(desk)
        for n in range(3):
            document = draft(desk)
            same("written", (document["provider"], document["text"]), ("gemini-stream", TEXT))
            same("who was asked", [len(server.asked(name)) for name in (
                "openai-429", "anthropic-cut", "gemini-stream")], [1, n + 1, n + 1])
        check(desk, server)


@story(desk=False)
def who_watches_is_told_that_the_first_models_words_are_void(build):
    with Replay() as server, Desk(build, change=settle(server, "anthropic-cut",
                                                       "gemini-stream")) as desk:
        open_ticket(desk)
        server.held["gemini-stream"] = threading.Event()
        desk.assent("document", "draft", T, "summary", "--force")
        until(lambda: server.asked("gemini-stream"), "the second model to be asked")
        watcher = Watcher(desk, token(desk)["token"], f"/api/v1/tickets/{T}/documents/summary/stream")
        told, events, heard = watcher.event(), [], ""
        server.held["gemini-stream"].set()
        while told and told[0] != "done":
            events.append(told[0])
            heard = "" if told[0] == "restart" else heard + told[1]["text"]
            told = watcher.event()
        same("restarts", (events[0], events.count("restart")), ("delta", 1))
        same("heard", heard, TEXT.rstrip())
        desk.quiet()
        same("written", desk.assent("document", "show", T, "summary")["provider"], "gemini-stream")
        check(desk, server)


@story(desk=False)
def a_model_that_drips_for_ever_costs_its_time_and_no_more(build):
    for api in APIS:
        stuck = f"{api}-stream{STUCK}"
        with Replay() as server, Desk(build, change=settle(server, stuck, timeout="1s")) as desk:
            open_ticket(desk)
            document = draft(desk)
            same("written", document["label"], "drafted without AI")
            holds("the log", desk.log(), "ai.failed kind=time")
            same("requests", len(server.requests), 1)
            check(desk, server)


if __name__ == "__main__":
    sys.exit(main(globals()))
