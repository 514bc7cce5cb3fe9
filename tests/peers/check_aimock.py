"""All three APIs against a public mock of the AI services (npm @copilotkit/aimock), on loopback.

Its shapes, its injected 429s, 500s, broken JSON and disconnects are not ours,
and npm ajv is a validator that is not ours; `make check-peers` installs both
and runs this.
"""
import argparse
import copy
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE + "/../story", HERE + "/../wire"]
# pylint: disable=wrong-import-position
from daemon import Desk, Failure, free_port, holds, same, until
from model import Model, provider
from test_wire import APIS, SPOILT, requests_of

BODY = ("Bob needs twelve more CAD licences by Friday. They cost 4,800 EUR a year. Nine people "
        "cannot open their drawings without them.")
BULLETS = ["Bob needs twelve more CAD licences.", "Nine people cannot open their drawings.",
           "The cost is 4,800 EUR a year.", "They are needed by Friday."]
TEXT = "\n".join("- " + b for b in BULLETS)
TOOL = {"toolCalls": [{"name": "approve_request", "arguments": '{"ticket":"T-1001"}'}]}


class Mock:
    """The server, from a folder where npm put it."""

    def __init__(self, peers, answer, words="CAD licences"):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.fixtures = tempfile.NamedTemporaryFile("w", suffix=".json", encoding="ascii")
        json.dump({"fixtures": [{"match": {"userMessage": words}, "response": answer}]},
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
        return [e for e in self.ask("GET", "/__aimock/journal") if e["method"] == "POST"
                and not e["path"].startswith("/__aimock")]


def judged(peers, requests):
    """What ajv finds wrong with each of [(api, body)]."""
    given = json.dumps([{"api": api, "body": body} for api, body in requests])
    done = subprocess.run(["node", peers + "/ajv.mjs", HERE + "/../schemas"], input=given,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure("ajv: " + done.stderr)
    return json.loads(done.stdout)


def at(api, mock, name=None):
    return provider(name or api, api, mock.url + ("/v1" if api == "openai" else ""))


# --- models_run() ----------------------------------------------------------------------


def every_endpoint_writes_whole_and_streamed(build, peers):
    ways = [{"stream": s, "tuned": t, "repair": r, "material": BODY}
            for s in (False, True) for t in (False, True) for r in (False, True)]
    # In a repair round the last words are not the ticket's.
    with Mock(peers, {"content": TEXT}, "few") as mock, Model(build) as model:
        for api in APIS:
            for way in ways:
                words = {**way, "material": BODY if way["repair"] else BODY + " Too few?"}
                got = model.run([at(api, mock)], **words)
                same(f"{api} {way}", (got["text"], got["why"]), (TEXT, ""))
                same(f"{api} {way}: heard", "".join(got["pieces"]), TEXT if way["stream"] else "")
        journal = mock.journal()
    same("answers", [e["response"]["status"] for e in journal], [200] * len(APIS) * len(ways))
    same("addresses", len({e["path"] for e in journal}), 4)
    bodies = [{k: v for k, v in e["body"].items() if not k.startswith("_")} for e in journal]
    # Its journal has them all in OpenAI's words, translated by itself.
    wrong = [(b, w) for b, w in zip(bodies, judged(peers, [("openai", b) for b in bodies])) if w]
    same("what ajv says of the journal", wrong, [])
    for body, way in zip(bodies, ways * len(APIS)):
        roles = ["system", "user"] + ["assistant", "user"] * way["repair"]
        same("roles", [m["role"] for m in body["messages"]], roles)
        same("stream", body["stream"], way["stream"])
        same("tuned", "max_tokens" in body and body["max_tokens"] == 800, way["tuned"])


def another_validator_finds_our_requests_right(build, peers):
    requests = requests_of(build + "/tests/test_wire")
    same("what ajv says of them", [w for w in judged(peers, [(r.api, r.json) for r in requests])
                                   if w], [])
    spoilt = []
    for api in APIS:
        for spoil in SPOILT[api]:
            body = copy.deepcopy(next(r.json for r in requests if r.api == api))
            spoil(body)
            spoilt.append((api, body))
    passed = [s for s, w in zip(spoilt, judged(peers, spoilt)) if not w]
    same("spoilt ones that ajv lets pass", passed, [])


def what_it_injects_goes_to_the_next_of_the_chain(build, peers):
    kinds = {"rateLimitRate": "status", "dropRate": "status", "malformedRate": "answer",
             "disconnectRate": "connection"}
    with Mock(peers, {"content": TEXT}) as bad, Mock(peers, {"content": TEXT}) as good, \
            Model(build) as model:
        for chaos, kind in kinds.items():
            bad.ask("DELETE", "/__aimock/chaos")
            bad.ask("POST", "/__aimock/chaos", {chaos: 1})
            for api in APIS:
                for stream in (False, True):
                    model.run([])  # forgets who failed
                    got = model.run([at(api, bad)], stream=stream, material=BODY)
                    same(f"{chaos} {api}", (got["text"], got["trouble"]), (None, kind))
                    model.run([])
                    got = model.run([at(api, bad), at(api, good, "next")], stream=stream,
                                    material=BODY)
                    same(f"{chaos} {api}", (got["text"], got["provider"]), (TEXT, "next"))


def a_tool_call_is_no_text(build, peers):
    with Mock(peers, TOOL) as mock, Model(build) as model:
        for api in APIS:
            for stream in (False, True):
                got = model.run([at(api, mock)], stream=stream, material=BODY)
                same(api, (got["text"], got["why"]),
                     (None, f"{api}: the model wanted to call a tool"))


# --- the daemon --------------------------------------------------------------------------


def settle(api, url):
    def change(settings):
        settings["models"] = [{"name": "mock", "kind": api, "model": "acme-small", "base_url":
                               url + ("/v1" if api == "openai" else "")}]
    return change


def the_owner_reads_what_each_api_wrote(build, peers):
    for api in APIS:
        with Mock(peers, {"content": TEXT}) as mock, \
                Desk(build, change=settle(api, mock.url)) as desk:
            request = desk.ask(body=BODY)
            holds("the mail", request.text, "drafted by AI (acme-small)", *BULLETS)
            same("requests", [e["response"]["status"] for e in mock.journal()], [200])


def what_it_injects_ends_offline(build, peers):
    for chaos in ("rateLimitRate", "dropRate", "malformedRate", "disconnectRate"):
        with Mock(peers, {"content": TEXT}) as mock, \
                Desk(build, change=settle("anthropic", mock.url)) as desk:
            mock.ask("POST", "/__aimock/chaos", {chaos: 1})
            holds(chaos, desk.ask(body=BODY).text, "drafted without AI")
            holds(chaos, desk.log(), "ai.failed")
            # Its 429 names a second to wait: that is done, until the breaker (docs/MODELS.md).
            same(chaos, len(mock.journal()), 5 if chaos == "rateLimitRate" else 1)


def a_tool_call_decides_nothing(build, peers):
    with Mock(peers, TOOL) as mock, Desk(build, change=settle("openai", mock.url)) as desk:
        holds("the mail", desk.ask(body=BODY).text, "drafted without AI")
        same("states", desk.states(), ["sent"])


CHECKS = (every_endpoint_writes_whole_and_streamed, another_validator_finds_our_requests_right,
          what_it_injects_goes_to_the_next_of_the_chain, a_tool_call_is_no_text,
          the_owner_reads_what_each_api_wrote, what_it_injects_ends_offline,
          a_tool_call_decides_nothing)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--build", default="build")
    a.add_argument("--peers", required=True, help="where npm installed aimock")
    a = a.parse_args()
    failed = 0
    for check in CHECKS:
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
