"""Mail out by SMTP: from a full queue until every mail is accepted and settled.

One JSON line. The relay is Postfix's smtp-sink on the same cores; the daemon is
as it is shipped, with four connections. While the mails are made it is away.
"""
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "story")]
import daemon  # pylint: disable=wrong-import-position
from bench_desk import asking_letters, tell  # pylint: disable=wrong-import-position

ASKS = 3000
RUNS = 3
FIRST = 1000000
PATIENCE = 120
CONNECTIONS = 4


def find(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")


class Desk(daemon.Desk):
    """A desk in real time whose mail goes to a port."""

    def __init__(self, build, port):
        self.relay = port
        super().__init__(build, started=False, change=lambda s: self._change(s, port))
        self.jump = 0

    @staticmethod
    def _change(settings, port):
        del settings["min_free"]
        settings["approvals"] = {"send_delay": "0s"}
        settings["outgoing"] = {"host": "127.0.0.1", "port": port, "tls": "none", "auth": "none",
                                "connections": CONNECTIONS}

    def _environment(self, **more):
        return {**os.environ, "TZ": "Europe/Berlin", **more}

    def is_done(self):
        return not self.one("SELECT (SELECT count(*) FROM job_leases) +"
                            " (SELECT count(*) FROM job_due WHERE due <= ?) +"
                            " (SELECT count(*) FROM inbound WHERE status = 'new')",
                            int(time.time() * 1000))

    def make_due(self):
        """With the daemon stopped: what waits for a better time has it now."""
        with contextlib.closing(sqlite3.connect(self.settings["state_dir"] + "/assentd.db",
                                                isolation_level=None)) as db:
            db.execute("UPDATE job_due SET due = 1 WHERE lane = 1")
            db.execute("UPDATE jobs SET due = 1 WHERE lane = 1")

    def waiting(self):
        return self.one("SELECT count(*) FROM outgoing WHERE status = 'queued'")


def fill(desk, first):
    """Two mails in the queue for each question, while there is no relay."""
    for n, raw in enumerate(asking_letters(first, ASKS)):
        path = f"{desk.folder}/inbox/tmp/{first + n}.bench"
        with open(path, "wb") as f:
            f.write(raw)
        os.rename(path, f"{desk.folder}/inbox/new/{first + n}.bench")
    daemon.until(lambda: desk.one("SELECT count(*) FROM approvals WHERE state = 'sent'") >=
                 first - FIRST + ASKS, "the questions to be asked", PATIENCE)
    daemon.until(desk.is_done, "the desk to come to rest", PATIENCE)


def run(desk, sink, first):
    """Mails a second, from the first that was sent to the last, by the database."""
    desk.start()
    fill(desk, first)
    desk.stop()
    desk.make_due()
    waiting, since = desk.waiting(), int(time.time() * 1000)
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    relay = subprocess.Popen([sink, *user, f"127.0.0.1:{desk.relay}", "1000"])
    try:
        desk.start()
        daemon.until(lambda: not desk.waiting(), "all mails to go out", PATIENCE)
        desk.stop()
    finally:
        relay.send_signal(signal.SIGTERM)
        relay.wait()
    began, ended = desk.rows("SELECT min(sent_at), max(sent_at) FROM outgoing WHERE sent_at >= ?",
                             since)[0]
    return waiting * 1000 / (ended - began), waiting


def main():
    build = daemon.arguments().build
    sink = find("smtp-sink")
    if not sink:
        raise daemon.Failure("smtp-sink is not installed: apt install postfix")
    with Desk(build, daemon.free_port()) as desk:
        found = [run(desk, sink, FIRST + n * ASKS) for n in range(RUNS)]
        tell("outgoing_smtp", "mails/s", [rate for rate, _ in found],
             f"{found[0][1]} mails (requests and transcripts) from a full queue: claimed, "
             f"rendered, accepted by smtp-sink over {CONNECTIONS} connections and settled, "
             "durable (synchronous=FULL)")


if __name__ == "__main__":
    try:
        main()
    except Exception as fault:  # pylint: disable=broad-except
        print(f"bench_smtp: {type(fault).__name__}: {fault}", file=sys.stderr)
