"""The whole daemon at its shipped defaults: start, memory, mail in, pages, decisions.

One JSON line a benchmark. Nothing is switched off: synchronous=FULL, receipts,
ledger, rate limits, log at its own level, two jailed parsers. The load
generators run on the same cores. approvals.send_delay is 0 here, so that
nobody waits a minute between the asking and the mail.
"""
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))
import daemon  # pylint: disable=wrong-import-position
from daemon import AGENT, BOB, LENA, MARCO, SAM

LETTERS = 4000
ASKS = 3000
RUNS = 3
PATIENCE = 60
KEPT = "durable (synchronous=FULL)"


def tell(name, unit, values, notes, value=None):
    middle = statistics.median(values)
    print(json.dumps({"name": name, "value": round(middle if value is None else value, 2),
                      "unit": unit, "runs": len(values), "min": round(min(values), 2),
                      "median": round(middle, 2), "max": round(max(values), 2),
                      "notes": notes}), flush=True)


class Desk(daemon.Desk):
    """A desk in real time: the file that moves the clock costs a read for each look at it."""

    def __init__(self, build):
        self.staged = 0
        super().__init__(build, started=False, change=self._change)
        self.jump = 0

    @staticmethod
    def _change(settings):
        del settings["min_free"]
        settings["approvals"] = {"send_delay": "0s"}

    def _environment(self, **more):
        return {**os.environ, "TZ": "Europe/Berlin", **more}

    def start_timed(self):
        """Milliseconds from the start of the program to its "ready"."""
        path = self.folder + "/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(PATIENCE)
            began = time.perf_counter()
            self.spawn(NOTIFY_SOCKET=path)
            while b"READY=1" not in notify.recv(1000):
                pass
            took = (time.perf_counter() - began) * 1000
        os.unlink(path)
        return took

    def stage(self, raws):
        """Write the files where they only have to be renamed; their names."""
        names = []
        for raw in raws:
            self.staged += 1
            names.append(f"{self.staged:06d}.{os.getpid()}.bench")
            with open(f"{self.folder}/inbox/tmp/{names[-1]}", "wb") as f:
                f.write(raw)
        return names

    def deliver(self, names):
        """Drop them all at once; seconds until each is a committed row of a ticket or filed, and
        until every job of theirs, mails out included, is settled."""
        began = time.perf_counter()
        for name in names:
            os.rename(f"{self.folder}/inbox/tmp/{name}", f"{self.folder}/inbox/new/{name}")
        before, times = time.perf_counter(), []
        for condition in (self.is_taken_in, self.is_done):
            while not condition():
                time.sleep(0.02)
                if time.perf_counter() - before > PATIENCE:
                    raise daemon.Failure("the letters were not settled in time")
            times.append(time.perf_counter() - began)
        return times

    def is_taken_in(self):
        if self.one("SELECT coalesce(max(n), 0) FROM inbound") < self.staged:
            return False
        return not self.one("SELECT count(*) FROM inbound WHERE status = 'new'")

    def is_done(self):
        return not self.one("SELECT (SELECT count(*) FROM job_leases) +"
                            " (SELECT count(*) FROM job_due WHERE due <= ?)",
                            int(time.time() * 1000))

    def take(self, raws):
        return self.deliver(self.stage(raws))

    def decided(self):
        return self.one("SELECT count(*) FROM approvals WHERE state = 'approved'")


# --- letters -------------------------------------------------------------------

WORDS = ("The night job on the file server ran out of room again and the nightly copy of the "
         "drawings was not made. We could add a second disk (640 EUR, in stock) or move the old "
         "projects away, which takes one of us about a day. Nobody has lost anything so far. ")


def letter(sender, subject, number, words, to=AGENT, cc=None, reply_to=None):
    """A mail of about 5 KB with a plain and an HTML part, as mail programs write it."""
    text = words + "\n\n" + WORDS * 6 + "\n\nKind regards\n" + sender.split(" <")[0] + "\n"
    body = "".join(f"<p style=\"margin:0 0 12px;font-family:Calibri,sans-serif\">{p}</p>\r\n"
                   for p in text.split("\n") if p)
    part = f"=_bench_{number}"
    lines = [f"Authentication-Results: {daemon.HOST}; dkim=pass header.d="
             + daemon.address(sender).split("@")[1],
             f"Received: from mail.example by {daemon.HOST}; Mon, 16 Nov 2026 09:00:00 +0000",
             f"From: {sender}", f"To: {to}"]
    if cc:
        lines.append(f"Cc: {cc}")
    if reply_to is not None:
        lines += [f"In-Reply-To: <bench-{reply_to}@mail.example>",
                  f"References: <bench-{reply_to}@mail.example>"]
    lines += [f"Subject: {subject}", f"Message-ID: <bench-{number}@mail.example>",
              "Date: Mon, 16 Nov 2026 09:00:00 +0000", "MIME-Version: 1.0",
              f"Content-Type: multipart/alternative; boundary=\"{part}\"", "", f"--{part}",
              "Content-Type: text/plain; charset=utf-8", "", text.replace("\n", "\r\n"),
              f"--{part}", "Content-Type: text/html; charset=utf-8",
              "Content-Transfer-Encoding: 8bit", "", "<html><head><style>p { color: #222 }"
              "</style></head><body>", body, "</body></html>", f"--{part}--", ""]
    return "\r\n".join(lines).encode()


def mixed_letters(first, count):
    """A quarter opens tickets, half goes on in their threads, a quarter a stranger's."""
    raws, tickets = [], []
    for n in range(first, first + count):
        kind = n % 4
        if kind == 0:
            tickets.append(n)
            raws.append(letter(SAM, f"Room on server {n}", n, f"Hello Bob, about server {n}.",
                               to=BOB, cc=AGENT))
        elif kind == 1:
            raws.append(letter(BOB, f"Re: Room on server {n}", n, f"Thanks, that is number {n}.",
                               reply_to=tickets[-1]))
        elif kind == 2:
            raws.append(letter(LENA, f"Re: Room on server {n}", n, f"One more thing, {n}.",
                               to=BOB, cc=AGENT, reply_to=tickets[-1]))
        else:
            raws.append(letter(f"Nina Novak <nina{n}@elsewhere.example>", f"An offer {n}", n,
                               f"We sell disks, see list {n}."))
    return raws


def asking_letters(first, count):
    people = [(SAM, BOB), (LENA, MARCO)]
    return [letter(people[n % 2][0], f"More room on server {n}", n,
                   f"Hello, server {n} needs more room.\n\nask: Shall we order disk number {n}?",
                   to=people[n % 2][1], cc=AGENT) for n in range(first, first + count)]


# --- mail in -------------------------------------------------------------------


def bench_intake(desk):
    desk.take(mixed_letters(1000000, 200))
    filed, settled, size = [], [], 0
    for run in range(RUNS):
        raws = mixed_letters(2000000 + run * LETTERS, LETTERS)
        size = sum(map(len, raws)) // len(raws)
        first, last = desk.take(raws)
        filed.append(LETTERS / first)
        settled.append(LETTERS / last)
    left = desk.one("SELECT count(*) FROM inbound WHERE status = 'quarantined'")
    notes = (f"{LETTERS} multipart mails of {size} bytes renamed into new/ at once; a quarter "
             f"opens tickets, half are staff's and customers' mails of their threads, a quarter "
             f"strangers'; two jailed parsers, {KEPT}; {left} quarantined; until ")
    tell("intake_maildir", "mails/s", filed, notes + "each letter's ticket, message and row are "
         "committed; mails out are written at the same time, at a lower priority")
    tell("intake_maildir_and_out", "mails/s", settled, notes + "every job is settled, the mails "
         "to the openers of tickets included")


def bench_asks(desk):
    """Also what makes the open questions that the pages below are about."""
    values = []
    for run in range(RUNS):
        raws = asking_letters(3000000 + run * ASKS, ASKS)
        began = time.perf_counter()
        desk.take(raws)
        wanted = (run + 1) * ASKS
        daemon.until(lambda n=wanted: desk.is_done() and desk.one(
            "SELECT count(*) FROM approvals WHERE state = 'sent'") >= n, "the questions to go out",
            PATIENCE)
        values.append(ASKS / (time.perf_counter() - began))
    tell("ask_end_to_end", "questions/s", values,
         f"{ASKS} mails of staff with an ask, until ticket, transcript, summary, question, tokens "
         f"and both mails (transcript, request) lie in the outgoing Maildir; {KEPT}")


# --- pages ---------------------------------------------------------------------

FIND = re.compile(rb"/a/([A-Za-z0-9]{26,40})")


def tokens(desk):
    """One link of each request mail."""
    found = []
    folder = desk.folder + "/outbox/new/"
    for name in sorted(os.listdir(folder)):
        with open(folder + name, "rb") as f:
            raw = f.read()
        match = FIND.search(raw)
        if match and b"order disk number" in raw:
            found.append(match.group(1).decode())
    return found


def latency_ms(text):
    return float(text.rstrip("mus")) * {"us": 0.001, "ms": 1, "s": 1000}[
        re.sub(r"[0-9.]", "", text)]


def wrk(desk, connections, seconds, path="/", script=None):
    """What wrk measured: requests, requests/s, p99 in ms, answers that were not 2xx or 3xx."""
    command = ["wrk", "-t", "2", "-c", str(connections), "-d", f"{seconds}s", "--latency"]
    if script:
        command += ["-s", script]
    out = subprocess.run(command + [desk.url + path], capture_output=True, text=True,
                         timeout=PATIENCE, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return (float(re.search(r"Requests/sec:\s+([0-9.]+)", out).group(1)),
            latency_ms(re.search(r"99%\s+(\S+)", out).group(1)), int(bad.group(1)) if bad else 0,
            out)


def bench_get(desk, links):
    page = desk.open(desk.url + "/a/" + links[0])
    daemon.same("status of a page", page.status, 200)
    values, late, bad = [], [], 0
    for run in range(RUNS):
        rate, p99, wrong, _ = wrk(desk, 64, 4, "/a/" + links[run])
        values.append(rate)
        late.append(p99)
        bad += wrong
    tell("portal_style", "requests/s", [wrk(desk, 64, 2, "/s/style.css")[0] for _ in range(RUNS)],
         "wrk, 64 kept connections, the style sheet: the same server without database and page, "
         "to compare the next figure with")
    notes = (f"wrk, 64 kept connections, the open question behind one link, {len(page.body)} "
             f"bytes a page, token looked up and page rendered each time; {bad} other answers")
    tell("portal_get", "requests/s", values, notes)
    tell("portal_get_p99", "ms", late, "of the above")


# wrk stops by time, so the script notes when the last answer came; once a thread has no more
# questions it asks for a page that is not there.
POST = """
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, us; } moment; int gettimeofday(moment *, void *);")
local clock = ffi.new("moment")
local function now()
  ffi.C.gettimeofday(clock, nil)
  return tonumber(clock.s) + tonumber(clock.us) / 1e6
end
local all = {}
for line in io.lines("FILE") do all[#all + 1] = line end
local threads = {}
function setup(thread)
  thread:set("at", #threads - 1)
  threads[#threads + 1] = thread
end
first, last, good, other, sent = 0, 0, 0, 0, 0
function request()
  if at == -1 and not tried then -- wrk calls once to look at what comes back
    tried = true
    return wrk.format("GET", "/none")
  end
  if first == 0 then first = now() end
  at = at + 2
  local line = all[at]
  if not line then return wrk.format("GET", "/none") end
  sent = sent + 1
  local path, body = line:match("^(%S+) (%S+)$")
  return wrk.format("POST", path, {["Content-Type"] = "application/x-www-form-urlencoded"}, body)
end
function response(status, headers, body)
  if status ~= 404 and status ~= 200 then other = other + 1 end
  if status == 200 then good = good + 1; last = now() end
  if at > #all and good + other >= sent then wrk.thread:stop() end
end
function done(summary, latency, requests)
  local from, to, n, bad = math.huge, 0, 0, 0
  for _, t in ipairs(threads) do
    from, to = math.min(from, t:get("first")), math.max(to, t:get("last"))
    n, bad = n + t:get("good"), bad + t:get("other")
  end
  print(string.format("posted %d %d %f %f", n, bad, to - from, latency:percentile(99) / 1000))
end
"""


def forms(desk, links):
    """The line "path body" of a yes behind each link, from its own page."""
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=PATIENCE)
    lines = []
    for link in links:
        connection.request("GET", "/a/" + link)
        page = connection.getresponse().read().decode()
        hidden = dict(re.findall(r'name="(nonce|asked_hash)" value="([^"]+)"', page))
        lines.append(f"/a/{link} " + urllib.parse.urlencode(
            {**hidden, "decision": "approve", "comment": "Yes, please go ahead"}))
    connection.close()
    return lines


def post_all(desk, links):
    """Decisions a second, p99 in ms, other answers."""
    with tempfile.TemporaryDirectory(prefix="assent-bench-") as folder:
        with open(folder + "/forms", "w", encoding="ascii") as f:
            f.write("\n".join(forms(desk, links)) + "\n")
        with open(folder + "/post.lua", "w", encoding="ascii") as f:
            f.write(POST.replace("FILE", folder + "/forms"))
        before = desk.decided()
        out = wrk(desk, 64, 4, script=folder + "/post.lua")[3]
        count, other, took, p99 = re.search(r"posted (\d+) (\d+) (\S+) (\S+)", out).groups()
        decided = desk.decided() - before
        daemon.same("decisions in the database", decided, int(count))
        return decided / float(took), float(p99), int(other)


def bench_post(desk, links):
    each = len(links) // RUNS
    values, late, other = [], [], 0
    for run in range(RUNS):
        rate, p99, wrong = post_all(desk, links[run * each:(run + 1) * each])
        values.append(rate)
        late.append(p99)
        other += wrong
        daemon.until(desk.is_done, "receipts and notes to go out", PATIENCE)
    notes = (f"wrk, 64 kept connections, {each} open questions decided once each with nonce and "
             f"asked_hash of its own page: claim, event, ledger entry, receipt, note and answer "
             f"page, {KEPT}; receipts and notes are mailed at the same time; {other} refused")
    tell("portal_post_decide", "decisions/s", values, notes)
    tell("portal_post_decide_p99", "ms", late, "of the above")
    verified = desk.run("ledger", "verify").returncode == 0
    tell("ledger_verified", "0 or 1", [int(verified)], f"assent ledger verify over "
         f"{desk.one('SELECT count(*) FROM ledger')} entries afterwards")


# --- start and memory ----------------------------------------------------------


def bench_ready(desk, what):
    values = []
    for _ in range(7):
        values.append(desk.start_timed())
        desk.stop()
    tell(f"ready_{what}", "ms", values,
         "from the start of the program to READY=1 for its manager, database "
         + ("just made" if what == "empty" else "with everything of the runs above"))


def family(pid):
    found = [pid]
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        children = f.read().split()
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as f:
            children += f.read().split()
    for child in sorted(set(children)):
        found += family(int(child))
    return found


def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        fields = dict(re.findall(r"^(\w+):\s+(\d+) kB", f.read(), re.M))
    return int(fields["Pss"]) / 1024, int(fields["Private_Dirty"]) / 1024


def settle(desk):
    """Memory is given back at the second tick (of ten seconds) without work."""
    low, since = memory(desk.process.pid)[0], time.monotonic()
    while time.monotonic() - since < 25:
        time.sleep(1)
        now = memory(desk.process.pid)[0]
        if now < low * 0.9:
            return
        low = min(low, now)


def bench_memory(desk, what, notes):
    people = family(desk.process.pid)
    sums = [memory(pid) for pid in people]
    words = f"assentd and {len(people) - 1} parsers, {notes}"
    tell(f"pss_{what}", "MiB", [sum(p for p, _ in sums)], words + "; assentd alone "
         f"{sums[0][0]:.1f}")
    tell(f"private_dirty_{what}", "MiB", [sum(d for _, d in sums)], words + "; assentd alone "
         f"{sums[0][1]:.1f}")


def main():
    build = daemon.arguments().build
    with Desk(build) as desk:
        bench_ready(desk, "empty")
        desk.start_timed()
        desk.take(mixed_letters(900000, 8))
        bench_memory(desk, "idle", "idle after eight letters")
        bench_intake(desk)
        bench_asks(desk)
        bench_memory(desk, "busy", "right after the runs above")
        settle(desk)
        bench_memory(desk, "used", "idle for up to 25 s after the runs above")
        links = tokens(desk)
        bench_get(desk, links)
        bench_post(desk, links)
        desk.stop()
        bench_ready(desk, "filled")


if __name__ == "__main__":
    try:
        main()
    except Exception as fault:  # pylint: disable=broad-except
        print(f"bench_desk: {type(fault).__name__}: {fault}", file=sys.stderr)
