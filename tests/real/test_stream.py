#!/usr/bin/python3
"""Drafts that are watched while a model writes them, by clients of raw sockets
and by curl, and through the proxies of test_proxy.py."""
import contextlib
import json
import os
import queue
import re
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
sys.path.insert(0, os.path.dirname(__file__))
# pylint: disable=wrong-import-position
from daemon import Desk, Failure, LIMIT, MINUTE, holds, main, same, story
from loopback import Handler, Loopback
from model_server import settle as by_model

LINES = ["## Problem\n", "Bob needs twelve more \"CAD\" licences.\n", "## What we've confirmed\n",
         "They cost 4,800 EUR a year.\n", "## What we've tried\n", "Nothing so far.\n",
         "## Current hypothesis\n", "No leading hypothesis yet\n", "## Suggested next steps\n",
         "- Ask the supplier for a price\n", "- Count the seats in use\n"]
PATH = "/api/v1/tickets/T-1001/documents/handoff"


class Teller(Loopback):
    """A model that says what the test tells it, when it is told."""

    def __init__(self):
        outer = self
        self.words, self.asked = queue.Queue(), queue.Queue()

        class Answer(Handler):
            def do_POST(self):
                self.body()
                outer.asked.put(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                while (word := outer.words.get()) is not None:
                    if word == "break off":
                        return
                    self.say({"delta": {"content": word}, "index": 0})
                self.say({"delta": {}, "index": 0, "finish_reason": "stop"},
                         usage={"prompt_tokens": 90, "completion_tokens": 40})
                self.wfile.write(b"data: [DONE]\n\n")

            def say(self, choice, **more):
                chunk = {"id": "c", "object": "chat.completion.chunk", "model": "acme-small",
                         "choices": [choice], **more}
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
                self.wfile.flush()

        self.serve(Answer)
        self.url = self.address + "/v1"

    def let_all_go(self):
        for _ in range(9):
            self.words.put("break off")

    def say(self, *words):
        for word in words:
            self.words.put(word)

    def end(self):
        self.words.put(None)


def settle(teller, **http_settings):
    def change(settings):
        by_model(teller, timeout="20s", batch_timeout="25s")(settings)
        settings["http"].update(http_settings)
    return change


def token(desk):
    scopes = [w for s in ("tickets:read", "tickets:write") for w in ("--scope", s)]
    return desk.assent("token", "new", "console", "--role", "engineer", *scopes)


class Watcher:
    """A client that reads events as they come."""

    def __init__(self, desk, secret, path=PATH + "/stream", last=None, tls=None, port=None):
        self.sock = socket.create_connection(("127.0.0.1", port or desk.port), timeout=LIMIT)
        if tls:
            self.sock = tls(self.sock)
        more = f"Last-Event-ID: {last}\r\n" if last else ""
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: approvals.helpdesk.example\r\n"
                          f"Accept: text/event-stream\r\nAuthorization: Bearer {secret}\r\n"
                          f"{more}\r\n".encode())
        self.file = self.sock.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers, self.last, self.left = {}, None, b""
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value
        self.chunked = self.headers.get("transfer-encoding") == "chunked"
        self.size = int(self.headers.get("content-length", 0))

    def more(self):
        """The next bytes of the body; b"" at its end."""
        if not self.chunked:
            piece = self.file.read(self.size)
            self.size = 0
            return piece
        size = int(self.file.readline(), 16)
        return self.file.read(size + 2)[:-2]

    def event(self):
        """(name, data) of the next event, comments passed over; None at the end."""
        while True:
            block, found, rest = self.left.partition(b"\n\n")
            if not found:
                piece = self.more()
                if not piece:
                    return None
                self.left += piece
                continue
            self.left = rest
            fields = dict(line.partition(": ")[::2] for line in block.decode().split("\n")
                          if not line.startswith(":"))
            if fields:
                self.last = fields.get("id", self.last)
                return fields["event"], json.loads(fields["data"])

    def text(self, wanted):
        """Deltas until they are the wanted text."""
        got = ""
        while got != wanted:
            event = self.event()
            if not event or event[0] != "delta" or not wanted.startswith(got):
                raise Failure(f"{event} after {got!r}, expected {wanted!r}")
            got += event[1]["text"]

    def close(self):
        self.file.close()
        self.sock.close()


def ask(desk, secret, method, path, body=None, **headers):
    import http.client  # pylint: disable=import-outside-toplevel
    c = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=LIMIT)
    c.request(method, path, None if body is None else json.dumps(body), {
        "Authorization": "Bearer " + secret, "Content-Type": "application/json", **headers})
    answer = c.getresponse()
    text = answer.read()
    c.close()
    return answer.status, json.loads(text) if text else None


def open_ticket(desk, secret):
    status, _ = ask(desk, secret, "POST", "/api/v1/tickets", {
        "title": "Twelve more CAD licences", "description": "They cost 4,800 EUR a year.",
        "requester": {"email": "bob.hansen@northwind-tools.example", "name": "Bob Hansen"}})
    same("the ticket", status, 201)


def begin(desk, teller, secret):
    """A draft has begun."""
    same("drafting", ask(desk, secret, "POST", PATH, {})[0], 202)
    teller.asked.get(timeout=LIMIT)


def watch(desk, teller, secret, lines):
    """A watcher, to whom the model has said these lines."""
    watcher = Watcher(desk, secret)
    teller.say(*lines)
    watcher.text("".join(lines))
    return watcher


@contextlib.contextmanager
def scene(build):
    """A desk with a ticket and a model, and a token's secret."""
    with Teller() as teller, Desk(build, change=settle(teller)) as desk:
        secret = token(desk)["token"]
        open_ticket(desk, secret)
        yield desk, teller, secret


@story(desk=False)
def two_watchers_see_each_line_as_it_is_written(build):
    with scene(build) as (desk, teller, secret):
        same("nothing there", Watcher(desk, secret).status, 404)
        begin(desk, teller, secret)
        first = Watcher(desk, secret)
        same("its type", first.headers["content-type"], "text/event-stream; charset=utf-8")
        same("not kept", first.headers["cache-control"], "no-store")
        same("not gathered", first.headers["x-accel-buffering"], "no")
        teller.say(*LINES[:3])
        first.text("".join(LINES[:3]))
        second = Watcher(desk, secret)
        second.text("".join(LINES[:3]))
        first.close()  # a client that goes stops nothing
        teller.say(*LINES[3:])
        teller.end()
        second.text("".join(LINES[3:]))
        event = second.event()
        same("the end", event[0], "done")
        same("it is over", second.event(), None)
        status, shown = ask(desk, secret, "GET", PATH)
        same("stored", status, 200)
        same("which", event[1]["id"], shown["id"])
        same("by AI", (event[1]["drafted_by_ai"], shown["drafted_by_ai"]), (True, True))
        same("usage", event[1]["usage"], shown["usage"])
        same("once more", Watcher(desk, secret, last=second.last).status, 204)
        late = Watcher(desk, secret)
        same("who comes late", late.event(), ("done", event[1]))
        same("has that only", late.event(), None)
        same("token in the log", secret in desk.log(), False)


@story(desk=False)
def a_lost_connection_and_a_second_try_lose_nothing(build):
    with scene(build) as (desk, teller, secret):
        begin(desk, teller, secret)
        watcher = watch(desk, teller, secret, LINES[:3])
        last = watcher.last
        watcher.close()
        teller.say(*LINES[3:6])
        watcher = Watcher(desk, secret, last=last)
        watcher.text("".join(LINES[3:6]))
        query = Watcher(desk, secret, path=f"{PATH}/stream?last_event_id={last}")
        query.text("".join(LINES[3:6]))
        # A text with faults is asked for once more: what was shown is void.
        teller.say("## Whatever\n")
        teller.end()
        teller.asked.get(timeout=LIMIT)
        teller.say(*LINES)
        teller.end()
        event = watcher.event()
        while event[0] == "delta":
            event = watcher.event()
        same("all again", event, ("restart", {"lost": 0}))
        watcher.text("".join(LINES))
        while event and event[0] != "done":
            event = watcher.event()
        same("the end", event[0], "done")


@story(desk=False)
def a_restart_of_assentd_means_all_again(build):
    with scene(build) as (desk, teller, secret):
        begin(desk, teller, secret)
        watcher = watch(desk, teller, secret, LINES[:3])
        desk.kill()
        teller.say("break off")
        desk.start()
        teller.asked.get(timeout=LIMIT)
        again = Watcher(desk, secret, last=watcher.last)
        teller.say(*LINES[:3])
        same("void", again.event(), ("restart", {"lost": 0}))
        again.text("".join(LINES[:3]))


@story(desk=False)
def who_would_rather_wait_gets_the_document_itself(build):
    with scene(build) as (desk, teller, secret):
        status, answer = ask(desk, secret, "POST", PATH, {}, Prefer="wait=1")
        same("not yet", (status, answer["status"]), (202, "drafting"))
        teller.asked.get(timeout=LIMIT)
        done = queue.Queue()
        for prefer in ("wait=50", "respond-async, Wait=59; x=y"):
            threading.Thread(target=lambda p=prefer: done.put(
                ask(desk, secret, "POST", PATH, {}, Prefer=p)), daemon=True).start()
        watcher = watch(desk, teller, secret, LINES)
        teller.end()
        for _ in range(2):
            status, answer = done.get(timeout=LIMIT)
            same("there it is", status, 200)
            holds("its text", answer["text"], "Count the seats in use")
        status, answer = ask(desk, secret, "POST", PATH, {}, Prefer="wait=50")
        same("from the cache", (status, answer["from_cache"]), (200, True))


@story(desk=False)
def who_waits_and_repeats_himself_waits_on(build):
    with Teller() as teller, Desk(build, change=settle(teller)) as desk:
        secret = token(desk)["token"]
        open_ticket(desk, secret)
        key = {"Idempotency-Key": "once", "Prefer": "wait=1"}
        status, first = ask(desk, secret, "POST", PATH, {"force": True}, **key)
        same("not yet", (status, first["status"]), (202, "drafting"))
        status, again = ask(desk, secret, "POST", PATH, {"force": True}, **key)
        same("as before", (status, again), (202, first))
        teller.asked.get(timeout=LIMIT)
        done = queue.Queue()
        threading.Thread(target=lambda: done.put(ask(
            desk, secret, "POST", PATH, {"force": True}, **{**key, "Prefer": "wait=50"})),
                         daemon=True).start()
        teller.say(*LINES)
        teller.end()
        status, answer = done.get(timeout=LIMIT)
        same("there it is", status, 200)
        holds("its text", answer["text"], "Count the seats in use")
        status, answer = ask(desk, secret, "POST", PATH, {"force": True}, **key)
        same("and still", (status, answer["revision"]), (200, 1))
        same("calls", teller.asked.qsize(), 0)


@story(desk=False)
def a_stop_ends_streams_and_waits(build):
    with scene(build) as (desk, teller, secret):
        begin(desk, teller, secret)
        done = queue.Queue()
        threading.Thread(target=lambda: done.put(
            ask(desk, secret, "POST", PATH, {}, Prefer="wait=60")), daemon=True).start()
        watcher = watch(desk, teller, secret, LINES[:3])
        desk.stop()
        # What is written without the model that was cut off is void: it is not told, and no end.
        same("nothing more", watcher.event(), None)
        same("it goes on", done.get(timeout=LIMIT)[0], 202)
        teller.say("break off")
        desk.start()
        desk.go(MINUTE)  # what was put back is due again
        teller.asked.get(timeout=LIMIT)
        again = Watcher(desk, secret, last=watcher.last)
        teller.say(*LINES)
        same("all again", again.event(), ("restart", {"lost": 0}))
        again.text("".join(LINES))
        teller.end()
        event = again.event()
        while event and event[0] == "delta":
            event = again.event()
        same("the end", event[0], "done")


@story(desk=False)
def who_was_erased_is_in_no_stream_any_more(build):
    with scene(build) as (desk, teller, secret):
        begin(desk, teller, secret)
        watcher = watch(desk, teller, secret, LINES)
        first = re.sub(r"\.\d+$", ".0", watcher.last)
        Watcher(desk, secret, last=first).text("".join(LINES))  # as it should be until then
        done = desk.run("erase", "bob.hansen@northwind-tools.example", "--yes")
        same("erased", done.returncode, 0)
        teller.say("Bob, who was erased.\n")
        late = Watcher(desk, secret, last=first)
        same("void", late.event()[0], "restart")
        teller.end()
        teller.asked.get(timeout=LIMIT)  # that text had a fault; its repair is as void
        teller.say(*LINES)
        teller.end()
        teller.asked.get(timeout=LIMIT)  # written anew
        plain = ["Something is wanted.\n" if i in (1, 3) else line for i, line in enumerate(LINES)]
        teller.say(*plain)
        same("only that", late.event(), ("restart", {"lost": 0}))
        late.text("".join(plain))
        teller.end()
        same("the end", late.event()[0], "done")


@story(desk=False)
def a_watcher_needs_a_token_that_reads_tickets(build):
    with scene(build) as (desk, teller, secret):
        other = desk.assent("token", "new", "other", "--scope", "approvals:read")["token"]
        same("without the scope", Watcher(desk, other).status, 403)
        same("without any", Watcher(desk, "nonsense").status, 401)
        same("of no kind", Watcher(desk, secret, path=PATH.replace("handoff", "poem") + "/stream")
             .status, 404)
        same("of no language", Watcher(desk, secret, path=PATH + "/stream?locale=e+n").status, 422)


def through(build, start):
    """Piece by piece, not when it is over."""
    import pathlib  # pylint: disable=import-outside-toplevel
    import ssl  # pylint: disable=import-outside-toplevel
    import tempfile  # pylint: disable=import-outside-toplevel
    import test_proxy as proxies  # pylint: disable=import-outside-toplevel
    with tempfile.TemporaryDirectory(prefix="assent-stream-") as folder, Teller() as teller:
        authority = proxies.Authority(pathlib.Path(folder) / "ca")
        logs = pathlib.Path(folder) / "proxy"
        logs.mkdir()

        def change(settings):
            settle(teller)(settings)
            proxies.behind(settings)

        with Desk(build, change=change) as desk:
            front = proxies.Front(logs, authority)
            getattr(proxies, start)(front, desk)
            context = ssl.create_default_context(cafile=authority.path)
            try:
                secret = token(desk)["token"]
                open_ticket(desk, secret)
                begin(desk, teller, secret)
                watcher = Watcher(desk, secret, port=front.secure, tls=lambda s:
                                  context.wrap_socket(s, server_hostname=proxies.NAME))
                for line in LINES:
                    teller.say(line)
                    watcher.text(line)
                teller.end()
                same("the end", watcher.event()[0], "done")
            finally:
                front.stop()
        proxies.assert_no_log_has(logs, [secret, re.sub(r"\W", "", "sk-of-this-test")])


@story(desk=False)
def lines_come_through_nginx_one_by_one(build):
    through(build, "nginx")


@story(desk=False)
def lines_come_through_caddy_one_by_one(build):
    through(build, "caddy")


if __name__ == "__main__":
    sys.exit(main(globals()))
