#!/usr/bin/python3
"""How long the answer to pause, escalate and resolve takes, while what they want written is drafted.

The whole daemon at its shipped defaults; one connection, one request after the
other, so that each waits for a commit of its own. First as people come, one
ticket every PAUSE seconds, then as fast as answers come, which the drafting
cannot keep up with: then it works beside every answer.
"""
import http.client
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_desk import KEPT, PATIENCE, Desk, daemon, tell  # noqa: E402

TICKETS = 300
PAUSE = 0.04
RUNS = 3


def post(connection, token, path, body):
    """Milliseconds until the whole answer is there."""
    began = time.perf_counter()
    connection.request("POST", path, json.dumps(body),
                       {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    took = (time.perf_counter() - began) * 1000
    if answer.status not in (200, 201):
        raise daemon.Failure(f"{path}: {answer.status} {text[:200]}")
    return took, json.loads(text)


def close_all(connection, token, pause):
    """Median and p99 of one run, by act."""
    run = {"pause": [], "escalate": [], "resolve": []}
    for i in range(TICKETS):
        ref = post(connection, token, "/api/v1/tickets", {
            "title": f"Printer {i}", "description": "It makes a noise. " * 20,
            "requester": {"email": daemon.address(daemon.BOB)}})[1]["ref"]
        for act, values in run.items():
            body = {"comment": "A new fan.", "spent": "10m"}
            if act == "escalate":
                body["to"] = daemon.address(daemon.LENA)
            values.append(post(connection, token, f"/api/v1/tickets/{ref}/{act}", body)[0])
        time.sleep(pause)
    return {act: (statistics.median(values), sorted(values)[int(len(values) * 0.99)])
            for act, values in run.items()}


def bench(connection, token, pause, name):
    runs = [close_all(connection, token, pause) for _ in range(RUNS)]
    how = "as fast as answers come" if pause == 0 else f"one ticket every {pause * 1000:.0f} ms"
    for act in runs[0]:
        tell(f"closing_{act}{name}", "ms", [r[act][0] for r in runs],
             f"one client, {TICKETS} tickets a run, {how}, {KEPT}, from the request to the whole "
             f"answer; what they want written is drafted without AI meanwhile")
        tell(f"closing_{act}{name}_p99", "ms", [r[act][1] for r in runs], "of the above")


def main():
    with Desk(daemon.arguments().build) as desk:
        desk.settings["http"]["api_rate"] = 100000
        desk.write_settings()
        desk.start_timed()
        token = desk.assent("token", "new", "bench", "--scope", "tickets:write")["token"]
        connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=PATIENCE)
        bench(connection, token, PAUSE, "")
        bench(connection, token, 0, "_burst")


if __name__ == "__main__":
    try:
        main()
    except Exception as fault:  # pylint: disable=broad-except
        print(f"bench_closing: {type(fault).__name__}: {fault}", file=sys.stderr)
        sys.exit(1)
