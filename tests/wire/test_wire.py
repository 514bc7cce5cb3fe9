"""Every request that we send, and every answer that the tests play, held to the makers' schemas.

The requests are those of tests/unit/test_wire.c, which --program names; the
answers are those of tests/exchanges.
"""
import argparse
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../story"]
# pylint: disable=wrong-import-position
from daemon import Failure, same
from schemas import address_faults, faults

APIS = ("openai", "anthropic", "gemini")


class Request:
    def __init__(self, line):
        self.line = json.loads(line)
        self.api = self.line["api"]
        self.json = json.loads(self.line["body"])
        self.name = " ".join([self.line["url"], self.line["kind"], *(
            w for w in ("stream", "tuned", "repair") if self.line[w])])

    def faults(self, changed=None):
        return faults(self.api, "request", self.json if changed is None else changed)


def requests_of(program):
    with tempfile.TemporaryDirectory(prefix="assent-wire.") as folder:
        done = subprocess.run([program], capture_output=True, text=True, check=False,
                              env={**os.environ, "ASSENT_WIRE_OUT": folder + "/out"})
        if done.returncode:
            raise Failure(done.stdout + done.stderr)
        with open(folder + "/out", encoding="utf-8") as out:
            return [Request(line) for line in out]


# --- requests --------------------------------------------------------------------


def every_request_conforms(requests):
    for request in requests:
        wrong = request.faults() + address_faults(request.api, request.line["url"])
        if wrong:
            raise Failure(f"{request.name}: {wrong}")


def all_ways_of_asking_were_seen(requests):
    ways = {(r.api, r.line["kind"], r.line["stream"], r.line["tuned"], r.line["repair"])
            for r in requests}
    same("ways of asking", len(ways), len(APIS) * 5 * 8)


def tuning_streams_and_rounds_are_where_the_api_looks_for_them(requests):
    for request in requests:
        body, line = request.json, request.line
        turns = body.get("messages", body.get("contents"))
        users = [t for t in turns if t["role"] == "user"]
        same(f"{request.name}: turns of the user", len(users), 2 if line["repair"] else 1)
        if request.api == "gemini":
            same(f"{request.name}: stream", "alt=sse" in line["url"], line["stream"])
            tuned = "maxOutputTokens" in body.get("generationConfig", {})
        else:
            same(f"{request.name}: stream", body["stream"], line["stream"])
            tuned = body.get("max_tokens") not in (None, 4096)
        house = "openai.com" in line["url"] or "azure.com" in line["url"]
        same(f"{request.name}: tuned", tuned, line["tuned"] and not house)


def without(name):
    def change(body):
        del body[name]
    return change


def with_value(name, value):
    def change(body):
        body[name] = value
    return change


def last_turn(name, value):
    def change(body):
        body.get("messages", body.get("contents"))[-1][name] = value
    return change


PLAIN = [without("messages"), without("model"), with_value("model", 7), with_value("messages", "m"),
         with_value("stream", "yes"), with_value("tools", []), last_turn("role", "owner"),
         last_turn("content", {"text": "m"}), last_turn("tool_calls", []),
         last_turn("content", [{"type": "image", "text": "m"}])]
SPOILT = {
    "openai": PLAIN + [with_value("max_tokens", "800"), with_value("maxTokens", 800),
                       with_value("stream_options", {"usage": True})],
    "anthropic": PLAIN + [without("max_tokens"), with_value("temperature", 0.2),
                          with_value("system", [{"type": "text"}]),
                          with_value("system", [{"type": "text", "text": "t",
                                                 "cache_control": {"type": "for ever"}}])],
    "gemini": [without("contents"), with_value("model", "models/m"), with_value("tools", []),
               with_value("contents", {}), last_turn("parts", "m"), last_turn("parts", ["m"]),
               last_turn("content", "m"), last_turn("parts", [{"text": 7}]),
               last_turn("parts", [{"functionCall": {"name": "f"}}]),
               with_value("generationConfig", {"maxOutputTokens": 8e2 + 0.5}),
               with_value("generationConfig", {"max_tokens": 800}),
               with_value("safetySettings", [{"category": "HARM_CATEGORY_TOXICITY"}])],
}


def a_spoilt_request_is_refused(requests):
    refused = 0
    for api in APIS:
        request = next(r for r in requests if r.api == api)
        for n, spoil in enumerate(SPOILT[api]):
            body = copy.deepcopy(request.json)
            spoil(body)
            if not request.faults(body):
                raise Failure(f"{api}: the schema lets spoilt request {n} pass")
            refused += 1
    for api, path in (("gemini", "/v1beta/models/a/b:generateContent"),
                      ("anthropic", "/v1/complete"), ("openai", "/chat/completions/x")):
        same(path, len(address_faults(api, path)), 1)
    return f"{refused} spoilt ones refused"


# --- answers ------------------------------------------------------------------------

# Exchanges that depart from the word of their API on purpose.
DEPARTS = {
    "anthropic-other.json": "another API's answer",
    "openai-azure-stream.json": "Azure begins with a chunk of its own",
}


def data_of(exchange):
    """Each JSON text of an exchange's body."""
    if "lines" not in exchange:
        return [json.dumps(exchange["body"])] if "body" in exchange else []
    return [line.strip().removeprefix("data:") for line in exchange["lines"]
            if line.startswith("data:") and "[DONE]" not in line]


def texts_of(exchange):
    """[(what it is, JSON)] of what an exchange says in good form."""
    for data in data_of(exchange):
        try:
            value = json.loads(data)
        except ValueError:
            continue
        for one in value if isinstance(value, list) else [value]:
            if "error" in one:
                yield "error", one
            elif one.get("type") != "ping":  # no type of the package has it
                yield ("event" if "lines" in exchange else "answer"), one


def answers_that_are_played_conform(_):
    seen, wrong, departs = 0, [], set()
    for path in sorted(glob.glob(HERE + "/../exchanges/*.json")):
        name = os.path.basename(path)
        with open(path, encoding="utf-8") as f:
            exchange = json.load(f)
        for what, value in texts_of(exchange):
            found = faults(exchange["api"], what, value)
            if found and name in DEPARTS:
                departs.add(name)
            else:
                wrong += [f"{name}: {fault}" for fault in found]
            seen += 1
    if wrong:
        raise Failure("\n".join(wrong))
    same("those that depart", departs, set(DEPARTS))
    return f"{seen} answers, events and errors"


CHECKS = (every_request_conforms, all_ways_of_asking_were_seen,
          tuning_streams_and_rounds_are_where_the_api_looks_for_them, a_spoilt_request_is_refused,
          answers_that_are_played_conform)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--program", required=True, help="tests/test_wire of a build")
    requests = requests_of(a.parse_args().program)
    failed = 0
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            told = check(requests)
            print(f"ok   {name}" + (f" ({told})" if told else ""))
        except Failure as fault:
            print(f"FAIL {name}: {fault}")
            failed += 1
    print(f"{len(CHECKS) - failed} passed, {failed} failed; {len(requests)} requests")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
