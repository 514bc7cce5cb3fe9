"""Signed webhooks at the shipped defaults: each durable before its 202.

One JSON line a benchmark. Nothing is switched off: synchronous=FULL, signature,
strict reading of the whole event, rate limits, the log at its own level; the
story that files the events runs meanwhile. The requests are signed before the
clock starts; the load generator (wrk) runs on the same cores.
"""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))
sys.path.insert(0, HERE)
import bench_desk  # pylint: disable=wrong-import-position
import hooks  # pylint: disable=wrong-import-position
from bench_desk import PATIENCE, RUNS, tell  # pylint: disable=wrong-import-position
import daemon  # pylint: disable=wrong-import-position

COUNT = 80000 # at most; what is not sent in time is left
SECONDS = 6
CLIENTS = 64
SETTLE = 240

# Each thread of wrk takes every second request of the file; what is sent is made before.
SCRIPT = """
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, us; } moment; int gettimeofday(moment *, void *);")
local clock = ffi.new("moment")
local function now()
  ffi.C.gettimeofday(clock, nil)
  return tonumber(clock.s) + tonumber(clock.us) / 1e6
end
local threads, all = {}, {}
function setup(thread)
  thread:set("mine", #threads)
  threads[#threads + 1] = thread
end
first, last, good, other, sent, at = 0, 0, 0, 0, 0, 0
function init()
  local file, n = io.open("FILE", "rb"), 0
  while true do
    local head = file:read(4)
    if not head then break end
    local a, b, c, d = head:byte(1, 4)
    local text = file:read(((a * 256 + b) * 256 + c) * 256 + d)
    if n % 2 == mine then all[#all + 1] = text end
    n = n + 1
  end
  file:close()
end
local idle = "GET /none HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
function request()
  if not tried then -- wrk calls once to look at what comes back
    tried = true
    return idle
  end
  at = at + 1
  if at > #all then return idle end
  if first == 0 then first = now() end
  sent = sent + 1
  return all[at]
end
function response(status)
  if status == 202 then good = good + 1; last = now()
  elseif status ~= 404 then other = other + 1 end
  if at > #all and good + other >= sent then wrk.thread:stop() end
end
function done(summary, latency, requests)
  local from, to, n, bad = math.huge, 0, 0, 0
  for _, t in ipairs(threads) do
    from, to = math.min(from, t:get("first")), math.max(to, t:get("last"))
    n, bad = n + t:get("good"), bad + t:get("other")
  end
  print(string.format("posted %d %d %f %f %f", n, bad, to - from,
                      latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""

WORDS = ("The night job on the file server ran out of room again and the nightly copy of the "
         "drawings was not made. We could add a second disk (640 EUR, in stock) or move the old "
         "projects away, which takes one of us about a day. Nobody has lost anything so far. ")


def event(number, now):
    """A ticket of about 1.2 KB."""
    return json.dumps({"type": "ticket.created", "timestamp": hooks.when(now), "data": {"ticket": {
        "id": str(number), "title": f"More room on server {number}", "customer": "northwind",
        "description": WORDS * 2 + f"This is number {number}.", "priority": "normal",
        "status": "New", "url": f"https://help.brightdesk.example/tickets/{number}",
        "requester": {"email": daemon.address(daemon.BOB), "name": "Bob Hansen"},
        "attributes": {"board": "Service desk", "cost": "640 EUR", "server": number}}}}).encode()


def requests(first, count):
    """Whole requests, signed now."""
    now = time.time()
    made = []
    for n in range(first, first + count):
        body = event(n, now * 1000)
        delivery = f"msg_2bench{n}"
        made.append((f"POST /hooks/desk HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
                     f"Content-Type: application/json\r\nwebhook-id: {delivery}\r\n"
                     f"webhook-timestamp: {int(now)}\r\nwebhook-signature: "
                     f"{hooks.signature(hooks.OLD, delivery, int(now), body)}\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
    return made


def wrk(desk, made):
    """What became of the requests: 202s, 202s a second, p50 and p99 in ms, other answers."""
    with tempfile.TemporaryDirectory(prefix="assent-bench-") as folder:
        with open(folder + "/requests", "wb") as f:
            for one in made:
                f.write(struct.pack(">I", len(one)) + one)
        with open(folder + "/hooks.lua", "w", encoding="ascii") as f:
            f.write(SCRIPT.replace("FILE", folder + "/requests"))
        out = subprocess.run(["wrk", "-t", "2", "-c", str(CLIENTS), "-d", f"{SECONDS}s", "-s",
                              folder + "/hooks.lua", desk.url + "/"], capture_output=True,
                             text=True, timeout=120, check=True).stdout
    found = re.search(r"posted (\d+) (\d+) (\S+) (\S+) (\S+)", out)
    good, other = int(found[1]), int(found[2])
    return good, good / float(found[3]), float(found[4]), float(found[5]), other


def settled(desk):
    return not desk.one("SELECT count(*) FROM inbound WHERE status = 'new'")


def bench(desk, name, count, notes):
    rates, middles, lates, filed, bad = [], [], [], [], 0
    size = 0
    for run in range(RUNS):
        made = requests(1000000 * (run + 1), count)
        size = sum(map(len, made)) // count
        before = desk.one("SELECT coalesce(max(n), 0) FROM inbound")
        good, rate, p50, p99, other = wrk(desk, made)
        began, left = time.perf_counter(), desk.one(
            "SELECT count(*) FROM inbound WHERE status = 'new'")
        stored = desk.one("SELECT coalesce(max(n), 0) FROM inbound") - before
        if not good <= stored <= good + CLIENTS:
            raise daemon.Failure(f"{good} events were taken, {stored} are stored")
        daemon.until(lambda: settled(desk), "the events to be filed", SETTLE)
        rates.append(rate)
        middles.append(p50)
        lates.append(p99)
        filed.append(left / max(time.perf_counter() - began, 0.001))
        bad += other
    what = (f"wrk, {CLIENTS} kept connections, {SECONDS} s of signed events of {size} bytes with their "
            f"headers, each a delivery and a ticket of its own, {bench_desk.KEPT}; {notes}; {bad} "
            f"other answers")
    tell(name, "webhooks/s", rates, what)
    tell(name + "_p50", "ms", middles, "of the above")
    tell(name + "_p99", "ms", lates, "of the above")
    tell(name + "_filed", "events/s", filed, "what was left of them afterwards: ticket, thread, "
         "contact and events of each, until no row is new")


def change(settings):
    hooks.sources(hooks.source())(settings)
    del settings["min_free"]
    settings["approvals"] = {"send_delay": "0s"}


class Desk(bench_desk.Desk):
    _change = staticmethod(change)


def main():
    build = daemon.arguments().build
    with Desk(build) as desk:
        desk.start_timed()
        wrk(desk, requests(1, 2000))
        daemon.until(lambda: settled(desk), "the first events to be filed", PATIENCE)
        bench(desk, "webhooks", COUNT, "the story that files them runs meanwhile")
        with open(f"/proc/{desk.process.pid}/status", encoding="ascii") as f:
            peak = int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) / 1024
        tell("webhooks_peak_memory", "MiB", [peak], "VmHWM of assentd afterwards")


if __name__ == "__main__":
    try:
        main()
    except Exception as fault:  # pylint: disable=broad-except
        print(f"bench_hooks: {type(fault).__name__}: {fault}", file=sys.stderr)
