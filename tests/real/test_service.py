#!/usr/bin/python3
"""A whole daemon under a service manager that we play: its notices, its
watchdog, its sockets, and what monitors ask."""
import contextlib
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
from daemon import AGENT, SAM, Failure, fetch, holds, main, same, story, until  # noqa: E402

DOCUMENT = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "METRICS.md")


class Manager:
    """What systemd is to a service of Type=notify."""

    def __init__(self, folder):
        self.path = folder + "/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []

    def listen(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                text = self.socket.recv(65536, socket.MSG_DONTWAIT).decode()
                self.heard.append((time.monotonic(), text))
        return [text for _, text in self.heard]

    def wait(self, words, since=0, limit=30):
        def found():
            return next((t for t in self.listen()[since:] if words in t), None)
        return until(found, f"the manager to hear {words!r}", limit)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@contextlib.contextmanager
def managed(desk, **environment):
    """desk, started by a manager."""
    with Manager(desk.folder) as manager:
        desk.start(NOTIFY_SOCKET=manager.path, **environment)
        yield manager


def ask(desk, path, over_unix=False, **headers):
    """(status, headers, body)"""
    if not over_unix:
        page = fetch("GET", desk.url + path, headers=headers)
        return page.status, page.headers, page.html
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(desk.folder + "/run/control")
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := s.recv(65536):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    return int(head.split()[1]), head, body


# --- the manager ----------------------------------------------------------------


@story(started=False)
def the_manager_hears_of_start_reload_and_end(desk):
    with managed(desk) as manager:
        manager.wait("READY=1")
        manager.wait("STATUS=0 open questions, 0 letters to read")
        before = len(manager.listen())
        desk.reload()
        reloading = manager.wait("RELOADING=1", before)
        stamp = int(re.search(r"^MONOTONIC_USEC=(\d+)$", reloading, re.M)[1])
        same("a time of now", abs(time.monotonic_ns() // 1000 - stamp) < 30_000_000, True)
        manager.wait("READY=1", before)

        # A file with a fault: the old settings stay, and everybody is told.
        with open(desk.file, encoding="utf-8") as f:
            good = f.read()
        with open(desk.file, "a", encoding="utf-8") as f:
            f.write("nonsense: 1\n")
        before = len(manager.listen())
        desk.process.send_signal(signal.SIGHUP)
        manager.wait("READY=1", before)
        holds("the status", manager.wait("STATUS=settings:", before), "stay in force")
        holds("the log", desk.log(), "unknown key 'nonsense'")
        status, _, body = ask(desk, "/readyz")
        same("still ready", status, 200)
        holds("readyz", body, "note settings since", "assent config check")
        with open(desk.file, "w", encoding="utf-8") as f:
            f.write(good)
        before = len(manager.listen())
        desk.reload()
        manager.wait("STATUS=0 open questions", before)
        same("all is well", ask(desk, "/readyz")[2], "ready\n")

        before = len(manager.listen())
        same("how it ended", desk.stop(), 0)
        manager.wait("STOPPING=1", before)


def thread_of(pid, name):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as f:
            if f.read().strip() == name:
                return int(task)
    raise Failure(f"no thread is called {name}")


PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17


@contextlib.contextmanager
def held(thread):
    """Stop one thread alone, as a bug would."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(PTRACE_SEIZE, thread, None, None) < 0:
        raise PermissionError(os.strerror(ctypes.get_errno()))
    try:
        libc.ptrace(PTRACE_INTERRUPT, thread, None, None)
        os.waitpid(thread, 0x40000000)  # __WALL
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, thread, None, None)


@story(started=False)
def a_lane_that_hangs_ends_the_pings(desk):
    with managed(desk, WATCHDOG_USEC="2000000") as manager:
        manager.wait("WATCHDOG=1")
        for name in ("lane-clock", "mailbox-inbox"):
            before = len(manager.listen())
            try:
                with held(thread_of(desk.process.pid, name)):
                    stuck = "STATUS=stuck: " + name.replace("-", " ", 1)
                    manager.wait(stuck, before)
                    at = len(manager.listen())
                    until(lambda: time.monotonic() - manager.heard[-1][0] > 1.5 or
                          len(manager.listen()) > at, "silence")
                    same("pings meanwhile", manager.listen()[at:], [])
            except PermissionError as fault:
                desk.stop()
                return f"threads cannot be stopped here: {fault}"
            manager.wait("WATCHDOG=1", len(manager.listen()))
            holds("the log", desk.log(), "watchdog.stuck thread=", "watchdog.moves_again")
    return None


@story(started=False)
def a_lane_that_works_for_long_is_no_hung_one(desk):
    with managed(desk, WATCHDOG_USEC="1000000") as manager:
        desk.ask()
        before = len(manager.listen())
        until(lambda: sum("WATCHDOG" in t for t in manager.listen()[before:]) >= 6, "pings")
        same("complaints", [t for t in manager.listen() if "stuck" in t], [])


# --- the end ----------------------------------------------------------------------


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
            found += map(int, f.read().split())
    return found


@story()
def a_stop_drains_within_ten_seconds(desk):
    """Open requests, a slow sender, a parser that does not answer."""
    request = desk.ask()
    stopped = children(desk.process.pid)
    for child in stopped:
        os.kill(child, signal.SIGSTOP)
    desk.answer(request, "yes, please")
    until(lambda: desk.one("SELECT count(*) FROM job_leases"), "the answer to be read")
    with socket.create_connection(("127.0.0.1", desk.port)) as slow, \
            socket.create_connection(("127.0.0.1", desk.port)) as idle:
        slow.sendall(b"POST /a/abc HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.recv(1000)
        start = time.monotonic()
        desk.process.terminate()
        status = desk.process.wait(20)
        took = time.monotonic() - start
        desk.process = None
    for child in stopped:  # nobody else would wake them
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    same(f"ended in {took:.1f} s", took < 11, True)
    # What was cut off is offered again.
    same("status", status, 0)
    desk.start()
    desk.wait_states("approved")
    desk.check_ledger()


SLOW = """#!/bin/sh
echo $$ >>%s/sending
exec sleep 300
"""


def slow_relay(settings):
    settings["outgoing"] = {"sendmail": settings["state_dir"] + "/../slow"}


@story(started=False, change=slow_relay)
def a_mail_that_is_being_sent_does_not_hold_the_end_up(desk):
    with open(desk.folder + "/slow", "w", encoding="ascii") as f:
        f.write(SLOW % desk.folder)
    os.chmod(desk.folder + "/slow", 0o755)
    desk.start()
    desk.mail(SAM, "Order", "status", to=AGENT)
    until(lambda: os.path.exists(desk.folder + "/sending"), "a mail to be on its way")
    start = time.monotonic()
    same("status", desk.stop(), 0)
    took = time.monotonic() - start
    same(f"ended in {took:.1f} s", took < 11, True)
    with open(desk.folder + "/sending", encoding="ascii") as f:
        for pid in map(int, f.read().split()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    same("the mail is neither sent nor lost",
         desk.rows("SELECT status FROM outgoing WHERE status NOT IN ('queued', 'maybe')"), [])


# --- sockets of the manager ---------------------------------------------------------


def spawn_with(desk, sockets, names):
    """Start the daemon with listening sockets from descriptor 3 on."""
    def hand_over():
        high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)
    code = ("import os,sys;os.environ['LISTEN_PID']=str(os.getpid());"
            "os.execv(sys.argv[1],sys.argv[1:])")
    desk.log_from = len(desk.log())
    environment = desk._environment(LISTEN_FDS=str(len(sockets)), LISTEN_FDNAMES=":".join(names))
    with open(desk.log_file, "ab") as log:
        desk.process = subprocess.Popen(
            [sys.executable, "-c", code, desk.build + "/assentd", "-c", desk.file], close_fds=False,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, preexec_fn=hand_over)
    until(lambda: desk.process.poll() is not None or desk.said("ready "), "the daemon to start")
    return desk.process.poll() is None


@story(started=False)
def sockets_of_the_manager_are_used(desk):
    control = desk.folder + "/handed.control"
    with socket.create_server(("127.0.0.1", 0)) as http, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(control)
        unix.listen()
        same("started", spawn_with(desk, [http, unix], ["http", "control"]), True)
        port = http.getsockname()[1]
        same("answer", fetch("GET", f"http://127.0.0.1:{port}/healthz").html, "ok\n")
        holds("the log", desk.log(), f'port={port} opened_by="service manager"')
        same("no control socket of its own", os.path.exists(desk.folder + "/run/control"), False)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(control)
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            holds("control", s.recv(10000).decode(), "200 OK")
        with socket.socket() as other:
            same("http.listen is not opened", other.connect_ex(("127.0.0.1", desk.port)) != 0, True)
        same("how it ended", desk.stop(), 0)
    with socket.create_server(("127.0.0.1", 0)) as http:
        same("started", spawn_with(desk, [http], ["web"]), False)
        holds("the log", desk.log(), "FileDescriptorName= must be http or control")
        desk.process = None


# --- monitors ---------------------------------------------------------------------------


def parse(page):
    """({family: type}, {series: value}); a Failure where the text is not in the format."""
    types, helps, series, family = {}, {}, {}, None
    for line in page.splitlines():
        if match := re.fullmatch(r"# HELP (\w+) (\S.*\.)", line):
            helps[match[1]] = match[2]
            family = match[1]
            same("a family twice", family in types, False)
        elif match := re.fullmatch(r"# TYPE (\w+) (counter|gauge|histogram)", line):
            same("HELP before TYPE", match[1], family)
            types[family] = match[2]
        else:
            match = re.fullmatch(r'(\w+)(\{(?:\w+="[^"]*",?)*\})? (-?\d+(?:\.\d+)?)', line)
            if not match:
                raise Failure(f"not a line of the text format: {line!r}")
            base = re.sub(r"_(bucket|sum|count)$", "", match[1]) \
                if types[family] == "histogram" else match[1]
            same("a line of its family", base, family)
            same("a series twice", match[1] + (match[2] or "") in series, False)
            series[match[1] + (match[2] or "")] = float(match[3])
    return types, series


def documented():
    """{name: type} of the tables in docs/METRICS.md."""
    with open(DOCUMENT, encoding="utf-8") as f:
        return dict(re.findall(r"^\| `(\w+)(?:\{[^`]*\})?` \| (\w+) \|", f.read(), re.M))


@story()
def each_metric_is_documented_and_each_documented_one_is_served(desk):
    status, headers, page = ask(desk, "/metrics")
    same("status", status, 200)
    same("type", headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
    types, series = parse(page)
    same("in one of page and document only", sorted(types.items() ^ documented().items()), [])
    for name, kind in types.items():
        same(f"{name} has the prefix", name.startswith("assentd_"), True)
        same(f"{name} ends in _total", name.endswith("_total"), kind == "counter")
    same("a histogram's end", series['assentd_http_request_seconds_bucket{le="+Inf"}'],
         series["assentd_http_request_seconds_count"])
    same("over the control socket", sorted(parse(ask(desk, "/metrics", True)[2])[0]), sorted(types))


@story()
def counts_follow_what_happens_and_name_nobody(desk):
    desk.ask()
    desk.quiet()
    desk.go(6000)
    page = ask(desk, "/metrics")[2]
    _, series = parse(page)
    same("letters", series["assentd_mail_received_total"], 1)
    same("packets", [v for k, v in series.items() if k.startswith("assentd_escalation")], [0] * 32)
    same("open questions", series["assentd_approvals_open"], 1)
    same("jobs that wait", series['assentd_jobs{lane="clock",state="waiting"}'] >= 1, True)
    same("parsers", series["assentd_parser_children"] >= 1, True)
    same("sizes", min(series[f"assentd_{n}_bytes"] for n in ("database", "wal", "free")) > 0, True)
    for word in ("@", "anna", "northwind", "laptops", "T-1001"):
        same(f"{word!r} in the page", word in page, False)


@story(change=lambda s: s["http"].update(metrics_from=["192.0.2.0/24"],
                                         trusted_proxies=["127.0.0.1"]))
def only_monitors_may_read(desk):
    for path, status, body in (("/metrics", 404, "not found\n"), ("/readyz", 200, "ready\n"),
                               ("/healthz", 200, "ok\n")):
        same(path, ask(desk, path)[::2], (status, body))
    same("a monitor", ask(desk, "/metrics", X_Forwarded_For="192.0.2.77")[0], 404)
    same("a monitor behind the proxy", ask(desk, "/metrics", **{"X-Forwarded-For": "192.0.2.77"})[0],
         200)
    same("another address", ask(desk, "/metrics", **{"X-Forwarded-For": "192.0.3.1"})[0], 404)
    same("the control socket", ask(desk, "/metrics", True)[0], 200)
    for method in ("POST", "PUT", "DELETE"):
        for path in ("/metrics", "/readyz", "/healthz"):
            same(f"{method} {path}", fetch(method, desk.url + path).status, 405)


@story()
def a_proxy_that_nobody_listed_opens_no_metrics(desk):
    same("a monitor on this machine", ask(desk, "/metrics")[0], 200)
    for name in ("X-Forwarded-For", "Forwarded", "Via"):
        same(name, ask(desk, "/metrics", **{name: "203.0.113.9"})[0], 404)


@story()
def what_is_wrong_is_told_to_monitors(desk):
    desk.settings["min_free"] = "1024GiB"
    desk.write_settings()
    desk.reload()
    until(lambda: ask(desk, "/readyz")[0] == 503, "readyz to fail")
    holds("readyz", ask(desk, "/readyz")[2], "not ready", "bad disk since", "make room there")
    _, _, body = ask(desk, "/readyz", Accept="application/json")
    answer = json.loads(body)
    same("ready", answer["ready"], False)
    found = {c["name"]: c for c in answer["conditions"]}
    same("not ready because", found["disk"]["not_ready"], True)
    _, series = parse(ask(desk, "/metrics")[2])
    same("the condition", series['assentd_condition{name="disk"}'], 1)
    same("ready", series["assentd_ready"], 0)
    same("alive", ask(desk, "/healthz")[0], 200)


# --- the clock ----------------------------------------------------------------------------


@story()
def an_accepted_clock_is_believed_at_once(desk):
    desk.set_clock(-40 * 24 * 3600 * 1000, 0)
    desk.process.send_signal(signal.SIGUSR1)
    until(lambda: desk.said("clock.not_believed"), "the jump to be seen")
    start = time.monotonic()
    desk.assent("clock", "accept")
    until(lambda: desk.said("clock.believed"), "it to be believed", 3)
    same("at once", time.monotonic() - start < 3, True)


if __name__ == "__main__":
    sys.exit(main(globals()))
