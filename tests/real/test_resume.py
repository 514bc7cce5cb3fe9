#!/usr/bin/python3
"""Workflows that wait for a packet, and are told that it was resolved."""
import http.server
import json
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
from hooks import NEW, OLD, signature, write_secrets

from daemon import DAY, Desk, Failure, HOUR, MINUTE, SAM, SECOND, holds, main, same, story, until

FAULTS, NOT_FOUND, REFUSED = 1, 3, 4


class Workflow:
    """Takes what it is told, answers as the test says, and goes on once for each message."""

    def __init__(self):
        outer = self
        self.told, self.went_on, self.answers = [], [], []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.told.append((dict(self.headers), body, self.path))
                answer = outer.answers.pop(0) if outer.answers else (200, '{"run": 7}', {})
                if answer == "cut before":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                name = self.headers["webhook-id"]
                if (answer == "cut after" or answer[0] == 200) and name not in outer.went_on:
                    outer.went_on.append(name)
                if answer == "cut after":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, text, more = answer
                self.send_response(status)
                # Else a cut line is one that was kept too long, and the client asks at once again.
                for key, value in {"Content-Length": str(len(text.encode())),
                                   "Connection": "close", **more}.items():
                    self.send_header(key, value)
                self.end_headers()
                try:
                    self.wfile.write(text.encode())
                except OSError:
                    pass  # it has heard enough

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def settle(self, *secrets, **more):
        """For Desk(change=…)."""
        def change(settings):
            folder = os.path.dirname(settings["state_dir"])
            write_secrets(folder, "billing", *(secrets or (OLD,)))
            settings["workflows"] = [{
                "name": "billing", "secret_file": "billing.secrets",
                "url": f"http://127.0.0.1:{self.http.server_port}/resume?flow=7", **more}]
        return change


def packet(desk, **more):
    words = ["The invoice names no cost centre", "--reason", "missing_data", "--workflow", "billing",
             "--entity", "invoice:4711", "--resume-token", "r-\u00e4-1", "--step", "book"]
    for key, value in more.items():
        words += ["--" + key.replace("_", "-"), value]
    return desk.assent("escalation", "raise", *words)["escalation"]["id"]


def resolve(desk, name, override='{"cost_centre": "4100"}'):
    done = desk.run("escalation", "resolve", name, "It is 4100", "--override", "-", given=override)
    same("resolved", (done.returncode, done.stderr), (0, ""))


def state(desk, name):
    return desk.assent("escalation", "show", name)["resume"]


def is_signed(told, desk, secret=OLD):
    headers, body, _ = told
    seconds = int(headers["webhook-timestamp"])
    wanted = signature(secret, headers["webhook-id"], seconds, body)
    return (wanted in headers["webhook-signature"].split(" ") and
            abs(seconds - desk.now() // 1000) < 300)


@story(desk=False)
def a_workflow_goes_on_when_its_packet_is_resolved(build):
    with Workflow() as flow, Desk(build, change=flow.settle()) as desk:
        name = packet(desk)
        desk.quiet()
        same("before", (flow.told, state(desk, name)), ([], None))
        done = desk.run("escalation", "resume", name)
        same("too early", done.returncode, REFUSED)
        holds("sentence", done.stderr, "this packet is pending", "when it is resolved, not before")
        flow.answers = [(200, '{"run": 7, "note": "\u00fc\x00"}' + "x" * 9000, {})]
        resolve(desk, name)
        desk.quiet()
        same("told once", len(flow.told), 1)
        headers, body, path = flow.told[0]
        if not is_signed(flow.told[0], desk):
            raise Failure(f"the signature does not fit: {headers}")
        if is_signed(flow.told[0], desk, NEW):
            raise Failure("any secret will do")
        same("path", (path, headers["Content-Type"]), ("/resume?flow=7", "application/json"))
        told = json.loads(body)
        shown = desk.assent("escalation", "show", name)
        same("type", (told["type"], told["timestamp"]),
             ("escalation.resolved", shown["resolution"]["at"]))
        same("what", told["data"], {
            "id": name, "workflow": "billing", "failed_step": "book", "reason": "missing_data",
            "organisation": None, "ticket": None, "entity": {"type": "invoice", "id": "4711"},
            "resume_token": "r-\u00e4-1", "resolution": shown["resolution"]})
        same("data", told["data"]["resolution"]["override"], {"cost_centre": "4100"})
        seen = shown["resume"]
        same("stored", (seen["state"], seen["tries"], seen["status"], seen["error"], seen["message"]),
             ("accepted", 1, 200, None, headers["webhook-id"]))
        holds("answer", seen["answer"], '"run": 7', "\u00fc")
        same("bounded", 3000 < len(seen["answer"].encode()) <= 4000, True)
        holds("for people", desk.run("escalation", "show", name).stdout, "accepted", "200")
        done = desk.run("escalation", "resume", name)
        holds("by hand", done.stdout, "took it before, with 200; nothing was changed")
        desk.go(HOUR)
        desk.quiet()
        same("told once", len(flow.told), 1)
        # Resolved again, it goes on again: by another message.
        desk.assent("escalation", "reopen", name)
        resolve(desk, name, "{}")
        desk.quiet()
        same("two messages", len({h["webhook-id"] for h, _, _ in flow.told}), 2)
        same("ledger", [r[0] for r in desk.rows(
            "SELECT kind FROM ledger WHERE kind LIKE 'escalation.res%' ORDER BY seq")],
             ["escalation.resolve", "escalation.resume"] * 2)
        desk.check_ledger()


@story(desk=False)
def it_is_tried_again_with_the_same_message(build):
    with Workflow() as flow, Desk(build, change=flow.settle(NEW, OLD)) as desk:
        name = packet(desk)
        flow.answers = [(500, "broken", {}), "cut before", (429, "", {"Retry-After": "7200"}),
                        "cut after", (503, "x" * 3000000, {}), (200, "y" * 3000000, {})]
        resolve(desk, name)
        desk.quiet()
        seen = state(desk, name)
        same("first", (seen["state"], seen["tries"], seen["status"], seen["error"], seen["answer"]),
             ("waiting", 1, 500, "it answered 500", "broken"))
        desk.go(29 * SECOND)
        desk.quiet()
        same("not yet", len(flow.told), 1)
        for span, tries in ((2 * SECOND, 2), (61 * SECOND, 3), (HOUR, 3), (HOUR + MINUTE, 4),
                            (5 * MINUTE, 5), (10 * MINUTE, 6)):
            desk.go(span)
            desk.quiet()
            same(f"after {span} ms", (len(flow.told), state(desk, name)["tries"]), (tries, tries))
            same("went on", len(flow.went_on), int(tries >= 4))
        same("accepted", state(desk, name)["state"], "accepted")
        same("one message", ({h["webhook-id"] for h, _, _ in flow.told}, {b for _, b, _ in flow.told}),
             ({flow.told[0][0]["webhook-id"]}, {flow.told[0][1]}))
        same("went on once", len(flow.went_on), 1)
        times = [int(h["webhook-timestamp"]) for h, _, _ in flow.told]
        same("each try has its time", times, sorted(set(times)))
        for told in flow.told[-1:]:
            same("both secrets sign", (is_signed(told, desk), is_signed(told, desk, NEW)), (True, True))


@story(desk=False)
def what_it_refuses_stays_for_the_operator(build):
    def change(settings):
        flow.settle()(settings)
        settings["alerts"] = {"to": "ops@brightdesk.example"}

    with Workflow() as flow, Desk(build, change=change) as desk:
        name = packet(desk)
        flow.answers = [(422, '{"error": "no such run"}', {})]
        resolve(desk, name)
        desk.quiet()
        desk.go(DAY // 2)
        desk.quiet()
        seen = state(desk, name)
        same("refused", (len(flow.told), seen["state"], seen["status"], seen["error"]),
             (1, "refused", 422, "it answered 422"))
        holds("answer", seen["answer"], "no such run")
        mail = desk.wait_mail(kind="alert", to="ops@brightdesk.example")
        holds("told", mail.text, "1 workflow(s) did not take it", "assent escalation resume")
        same("packet", desk.assent("escalation", "show", name)["state"], "resolved")
        flow.answers = [(302, "", {"Location": "http://127.0.0.1:1/"}), (200, "fine", {})]
        for wanted in ("refused", "accepted"):
            holds("by hand", desk.run("escalation", "resume", name).stdout, "is told once more")
            desk.quiet()
            same("then", state(desk, name)["state"], wanted)
        same("one message", len({h["webhook-id"] for h, _, _ in flow.told}), 1)
        same("history", [e["after"] for e in desk.assent("escalation", "show", name)["history"]
                         if e["kind"] == "resume"],
             ["refused: it answered 422", "tried again", "refused: it answered 302", "tried again",
              "accepted: 200"])


@story(desk=False)
def nobody_listens_for_three_days(build):
    with Workflow() as flow, Desk(build, change=flow.settle()) as desk:
        name = packet(desk)
        flow.answers = [(500, "", {})] * 200
        resolve(desk, name)
        for tries in range(1, 5):
            desk.quiet()
            same("waiting", (state(desk, name)["state"], len(flow.told)), ("waiting", tries))
            desk.go(DAY - HOUR)
        desk.quiet()
        same("given up", (state(desk, name)["state"], len(flow.told)), ("given_up", 5))
        before = len(flow.told)
        desk.go(DAY)
        desk.quiet()
        same("nothing more", len(flow.told), before)
        flow.answers = []
        desk.assent("escalation", "resume", name)
        desk.quiet()
        same("by hand", state(desk, name)["state"], "accepted")
        same("one message", len({h["webhook-id"] for h, _, _ in flow.told}), 1)


@story(desk=False)
def a_workflow_must_be_one_of_the_settings(build):
    with Workflow() as flow, Desk(build, change=flow.settle()) as desk:
        for typed, words in (("biling", "did you mean billing?"), ("x", "it must be one of workflows")):
            done = desk.run("escalation", "raise", "x", "--reason", "timeout", "--workflow", typed)
            same("status", done.returncode, FAULTS)
            holds("sentence", done.stderr, f'the settings have no workflow "{typed}"', words)
        plain = desk.assent("escalation", "raise", "x", "--reason", "timeout")["escalation"]["id"]
        desk.assent("escalation", "resolve", plain)
        done = desk.run("escalation", "resume", plain)
        same("none", done.returncode, FAULTS)
        holds("sentence", done.stderr, "no workflow waits for this packet")
        same("nothing", desk.assent("escalation", "show", plain)["resume"], None)
        # It is taken out of the settings while a packet waits.
        name = packet(desk)
        del desk.settings["workflows"]
        desk.write_settings()
        desk.reload()
        resolve(desk, name)
        desk.quiet()
        seen = state(desk, name)
        same("refused", (seen["state"], seen["tries"]), ("refused", 0))
        holds("why", seen["error"], "the settings have no such workflow any more")
        holds("by hand", desk.run("escalation", "resume", name).stderr, "no workflow \"billing\"")
        same("nothing was told", flow.told, [])


@story(desk=False)
def what_is_opened_again_in_time_is_not_told(build):
    with Workflow() as flow, Desk(build, change=flow.settle()) as desk:
        name = packet(desk)
        flow.answers = [(500, "", {})]
        resolve(desk, name)
        desk.quiet()
        desk.assent("escalation", "reopen", name)
        desk.go(MINUTE)
        desk.quiet()
        same("told", (len(flow.told), state(desk, name)["state"]), (1, "dropped"))
        # And while a hold is on nobody is told anything.
        desk.assent("hold")
        resolve(desk, name)
        desk.go(HOUR)
        until(lambda: not desk.one("SELECT count(*) FROM job_leases"), "the lanes to rest")
        same("held", (len(flow.told), state(desk, name)["state"]), (1, "waiting"))
        desk.assent("release", "--yes")
        desk.go(2 * MINUTE)
        desk.quiet()
        same("released", (len(flow.told), state(desk, name)["state"]), (2, "accepted"))


@story(desk=False)
def what_a_restart_cut_off_is_told_once_more(build):
    with Workflow() as flow, Desk(build, change=flow.settle()) as desk:
        name = packet(desk)
        flow.answers = [(500, "", {})]
        resolve(desk, name)
        desk.quiet()
        desk.kill()
        desk.start()
        desk.go(MINUTE)
        desk.quiet()
        same("accepted", (state(desk, name)["state"], len(flow.told)), ("accepted", 2))
        same("one message", len({h["webhook-id"] for h, _, _ in flow.told}), 1)


@story(desk=False)
def settings_of_workflows_are_checked(build):
    with Workflow() as flow, Desk(build, change=flow.settle()) as desk:
        good = desk.settings["workflows"][0]
        for change, words in (({"url": "ftp://x"}, "must start with https://"),
                              ({"url": "http://flows.example/x"}, "http"),
                              ({"secret_file": "none.secret"}, "none.secret"),
                              ({"name": "Bill ing"}, "Bill ing"), ({"uri": "x"}, "url")):
            desk.settings["workflows"] = [{**good, **change}]
            desk.write_settings()
            done = desk.run("config", "check")
            same(f"status of {change}", done.returncode, FAULTS)
            holds(f"fault of {change}", done.stdout + done.stderr, words)
        desk.settings["workflows"] = [good, good]
        desk.write_settings()
        holds("twice", desk.run("config", "check").stdout, "workflow")
        desk.settings["workflows"] = [good]
        desk.write_settings()
        for text, words in (("nonsense", "must start with whsec_"), ("", "holds no secret"),
                            ("whsec_YQ==", "24 to 64 bytes")):
            write_secrets(os.path.dirname(desk.settings["state_dir"]), "billing", text)
            holds("secret", desk.run("config", "check").stdout, words)
        write_secrets(os.path.dirname(desk.settings["state_dir"]), "billing", OLD)
        same("good", desk.run("config", "check").returncode, 0)
        if OLD in desk.run("config", "show").stdout:
            raise Failure("the secret is shown")


if __name__ == "__main__":
    sys.exit(main(globals()))
