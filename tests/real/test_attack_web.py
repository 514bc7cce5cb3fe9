#!/usr/bin/python3
"""Attacks on a whole daemon from its edges: webhooks, keys, erasure, backups."""
import http.client
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hooks import Helpdesk, source, sources, ticket  # pylint: disable=wrong-import-position

from daemon import ANNA, BOB, CARLA, DAY, HOUR, LIMIT, address, holds, main, same, story, until

ERIK = "erik.holm@northwind-tools.example"


def places(desk, word, without=()):
    """Where the database holds the word, in whatever case."""
    found = []
    for name, rows in desk.dump(without).items():
        found += [f"{name}: {row[:600]}" for row in rows if word.lower() in row.lower()]
    return found


@story(change=sources(source(may_set_owner=True, may_ask=True)))
def whom_a_helpdesk_made_owner_can_be_erased_to_the_last_word(desk):
    helpdesk = Helpdesk(desk)
    said = helpdesk.tell("approval.requested", {"ticket": ticket(
        owner_email=ERIK, owner_name="Erik Holm"), "question": "Shall we?"})
    holds("asked", said, ERIK)
    desk.go(HOUR)
    desk.answer(desk.wait_mail(kind="request"), "no", sender=f"Erik Holm <{ERIK}>")
    desk.wait_states("rejected")
    helpdesk.tell("ticket.updated", {"ticket": ticket(owner_email=address(ANNA))})
    desk.quiet()
    desk.assent("erase", ERIK, "--yes")
    same("what is left", places(desk, ERIK), [])
    same("what is left of the name", places(desk, "Erik Holm"), [])
    desk.check_ledger()


class Client:
    """A program with a token."""

    def __init__(self, desk, *scopes):
        words = [w for scope in scopes for w in ("--scope", scope)]
        self.port = desk.port
        self.token = desk.assent("token", "new", "flood", *words)["token"]

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            connection.request(method, "/api/v1" + path, body and json.dumps(body), {
                "Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@story()
def a_thread_that_somebody_fills_stops_no_daemon(desk):
    request = desk.ask()
    client = Client(desk, "tickets:read", "tickets:write")
    full = None
    for i in range(40):
        status, said = client.ask("POST", "/tickets/T-1001/messages", {"text": "w" * 250000})
        if status != 201:
            full = full or (i, status, said["error"]["code"])
    same("the first that is refused", full, (16, 422, "limit"))
    status, shown = client.ask("GET", "/tickets/T-1001")
    same("it can be read", (status, len(shown["messages"]) > 1), (200, True))
    desk.mail(BOB, f"Re: {request.subject}", "One more thing.\n" * 20000)
    desk.quiet()
    holds("a mail is kept apart", desk.outcome(), "quarantined", "thread of this ticket is full")
    page = desk.open(request.link("Approve"))
    same("the page", page.status, 200)
    desk.answer(request, "approved")
    desk.wait_states("approved")
    same("alive", desk.process.poll(), None)


def keep_short(settings):
    settings["retention"] = {"raw_mail": "30d", "ip": "10d", "people": "60d"}


@story(change=keep_short)
def a_forgotten_person_is_in_no_table(desk):
    request = desk.ask()
    desk.answer(request, "approved, this is Anna from Lund")
    desk.wait_states("approved")
    desk.quiet()
    desk.go(31 * DAY)
    desk.quiet()
    desk.go(31 * DAY)
    until(lambda: desk.one("SELECT count(*) FROM tickets WHERE forgotten = 0") == 0, "to forget")
    desk.quiet()
    # Who belongs to a customer, and who decides for it, is no matter of one ticket.
    for word in ("from Lund", address(BOB), address(ANNA), "Twelve more"):
        same(word, places(desk, word, ("contacts", "organisations", "clock_seen")), [])


@story()
def a_key_that_the_daemon_still_makes_links_with_is_not_pruned(desk):
    with open(desk.folder + "/site.keys", "a", encoding="ascii") as f:
        f.write("2 " + "cd" * 32 + "\n")
    reads = desk.log().count("settings reloaded")
    same("before assentd read it", desk.assent("key", "prune")["removed"], [])
    until(lambda: desk.log().count("settings reloaded") > reads, "the ring to be read")
    request = desk.ask()
    same("once it makes links", desk.assent("key", "prune")["removed"],
         [{"ring": "site", "id": 1}])
    same("a link", desk.open(request.link("Approve")).status, 200)


@story()
def what_is_backed_up_is_for_its_owner_alone(desk):
    folder = desk.folder + "/open"
    os.mkdir(folder, 0o755)
    os.chmod(folder, 0o755)
    desk.mail(CARLA, "Long", "y" * 60 + "\n" + ("word " * 19 + "\n") * 4000)
    desk.quiet()
    old = os.umask(0)
    try:
        desk.assent("backup", folder, "--with-keys")
    finally:
        os.umask(old)
    # Whoever made the folder chose its mode; what lies in it is not his to open.
    for place, _, files in os.walk(folder):
        for name in files:
            same(name, os.stat(os.path.join(place, name)).st_mode & 0o077, 0)


@story(change=sources(source()))
def an_overheard_webhook_does_not_fill_the_log(desk):
    helpdesk = Helpdesk(desk)
    body = helpdesk.event("ticket.created", {"ticket": ticket()})
    seconds = desk.now() // 1000 - 3600
    first = helpdesk.post(body, seconds=seconds)
    same("first", (first.status, first.error["code"]), (401, "stale"))
    for _ in range(60):
        last = helpdesk.post(body, seconds=seconds)
    same("at last", last.status, 429)
    same("lines", desk.log().count("hook.refused") < 50, True)
    same("a good one", helpdesk.post(body).status, 202)


@story()
def no_proxy_on_this_machine_opens_the_metrics(desk):
    same("from here", desk.open(desk.url + "/metrics").status, 200)
    for mark in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
                 "Forwarded", "Via"):
        same(mark, desk.open(desk.url + "/metrics", **{mark: "192.0.2.7"}).status, 404)
        holds(mark, desk.open(desk.url + "/readyz", **{mark: "192.0.2.7"}).text, "ready")


if __name__ == "__main__":
    sys.exit(main(globals()))
