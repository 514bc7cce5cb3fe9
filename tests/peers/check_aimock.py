"""Summaries against a public mock of the AI services (npm @copilotkit/aimock), on loopback.

Its OpenAI shapes, its injected 429s, 500s, broken JSON and disconnects are not
ours; `make check-peers` installs it and runs this.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE + "/../story", HERE + "/../real"]
# pylint: disable=wrong-import-position
from daemon import Desk, Failure, free_port, holds, same, until

BODY = ("Bob needs twelve more CAD licences by Friday. They cost 4,800 EUR a year. Nine people "
        "cannot open their drawings without them.")
BULLETS = ["Bob needs twelve more CAD licences.", "Nine people cannot open their drawings.",
           "The cost is 4,800 EUR a year.", "They are needed by Friday."]
TOOL = {"toolCalls": [{"name": "approve_request", "arguments": '{"ticket":"T-1001"}'}]}


class Mock:
    """The server, from a folder where npm put it."""

    def __init__(self, peers, answer):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.fixtures = tempfile.NamedTemporaryFile("w", suffix=".json", encoding="ascii")
        json.dump({"fixtures": [{"match": {"userMessage": "CAD licences"}, "response": answer}]},
                  self.fixtures)
        self.fixtures.flush()
        self.process = subprocess.Popen(
            [peers + "/node_modules/.bin/llmock", "-p", str(self.port), "-f", self.fixtures.name,
             "--log-level", "warn"], stdin=subprocess.DEVNULL)

    def __enter__(self):
        until(self.is_up, "aimock to listen")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.fixtures.close()

    def is_up(self):
        if self.process.poll() is not None:
            raise Failure(f"aimock ended with {self.process.returncode}")
        try:
            return self.ask("GET", "/__aimock/chaos") is not None
        except OSError:
            return False

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method,
                                         data=json.dumps(body).encode() if body else None)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def journal(self):
        return [e for e in self.ask("GET", "/__aimock/journal")
                if e["path"] == "/v1/chat/completions"]


def settle(url):
    def change(settings):
        settings["ai"] = {"kind": "openai", "base_url": url + "/v1", "model": "gpt-4.1-mini",
                          "timeout": "5s"}
    return change


def a_whole_answer_is_taken(build, peers):
    for text in (json.dumps({"bullets": BULLETS}), "\n".join("- " + b for b in BULLETS)):
        with Mock(peers, {"content": text}) as mock, Desk(build, change=settle(mock.url)) as desk:
            request = desk.ask(body=BODY)
            holds("the mail", request.text, "drafted by AI (gpt-4.1-mini)", *BULLETS)
            same("requests", [e["response"]["status"] for e in mock.journal()], [200])
            same("model", mock.journal()[0]["body"]["model"], "gpt-4.1-mini")


def what_it_injects_ends_offline(build, peers):
    answer = {"content": json.dumps({"bullets": BULLETS})}
    for chaos in ("rateLimitRate", "dropRate", "malformedRate", "disconnectRate"):
        with Mock(peers, answer) as mock, Desk(build, change=settle(mock.url)) as desk:
            mock.ask("POST", "/__aimock/chaos", {chaos: 1})
            holds(chaos, desk.ask(body=BODY).text, "drafted without AI")
            holds(chaos, desk.log(), "ai.failed")
            same(chaos, len(mock.journal()), 1)


def a_tool_call_decides_nothing(build, peers):
    with Mock(peers, TOOL) as mock, Desk(build, change=settle(mock.url)) as desk:
        holds("the mail", desk.ask(body=BODY).text, "drafted without AI")
        same("states", desk.states(), ["sent"])


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--build", default="build")
    a.add_argument("--peers", required=True, help="where npm installed aimock")
    a = a.parse_args()
    failed = 0
    for check in (a_whole_answer_is_taken, what_it_injects_ends_offline,
                  a_tool_call_decides_nothing):
        name = check.__name__.replace("_", " ")
        try:
            check(a.build, os.path.abspath(a.peers))
            print(f"ok   {name}", flush=True)
        except Failure as fault:
            print(f"FAIL {name}: {fault}", flush=True)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
