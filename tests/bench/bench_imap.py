"""Mail in from a real Dovecot: from letters that lie in the folder to committed tickets.

One JSON line a benchmark. The daemon runs at its shipped defaults and durably,
Dovecot with implicit TLS on the same cores, its folder warm.
"""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "story"), os.path.join(HERE, "..", "real"), HERE]
# pylint: disable=wrong-import-position
import daemon
from bench_desk import KEPT, PATIENCE, RUNS, bench_memory, mixed_letters, tell
from imap_desk import ImapDesk, Site

LETTERS = 4000


class Desk(ImapDesk):
    """A desk in real time; letters are delivered while it is down, so that each run is one catch-up."""

    def __init__(self, build, site):
        self.staged = 0
        super().__init__(build, site, started=False, boxes=[{"poll": "60s"}],
                         change=self._change)
        self.jump = 0

    @staticmethod
    def _change(settings):
        del settings["min_free"]
        settings["approvals"] = {"send_delay": "0s"}

    def _environment(self, **more):
        return {**os.environ, "TZ": "Europe/Berlin", **more}

    def is_taken_in(self):
        return self.one("SELECT coalesce(max(n), 0) FROM inbound") >= self.staged

    def is_filed(self):
        return not self.one("SELECT count(*) FROM inbound WHERE status = 'new'")

    def is_settled(self):
        return (self.is_taken_in() and self.is_filed() and
                not self.one("SELECT (SELECT count(*) FROM job_leases) +"
                             " (SELECT count(*) FROM job_due WHERE due <= ?)",
                             int(time.time() * 1000)))

    def deliver(self, raws):
        self.staged += len(raws)
        self.server.deliver_many(self.user, raws)
        self.next_uid()  # Dovecot looks at the new files now, not in the measured time

    def catch_up(self):
        """Seconds from the start until every letter is committed, until each is a row of a ticket
        or filed, and until every job is settled."""
        began = time.perf_counter()
        self.start()
        times = []
        for condition in (self.is_taken_in, self.is_filed, self.is_settled):
            while not condition():
                time.sleep(0.03)
                if time.perf_counter() - began > PATIENCE:
                    raise daemon.Failure("the letters were not settled in time")
            times.append(time.perf_counter() - began)
        return times


def bench_intake(desk):
    taken, filed, settled, size = [], [], [], 0
    for run in range(RUNS):
        raws = mixed_letters(4000000 + run * LETTERS, LETTERS)
        size = sum(map(len, raws)) // len(raws)
        desk.deliver(raws)
        first, middle, last = desk.catch_up()
        taken.append(LETTERS / first)
        filed.append(LETTERS / middle)
        settled.append(LETTERS / last)
        desk.stop()
    left = desk.one("SELECT count(*) FROM inbound WHERE status = 'quarantined'")
    notes = (f"{LETTERS} multipart mails of {size} bytes in a real Dovecot (implicit TLS, same "
             f"cores), counted from the start of the daemon: sign in, list, FETCH in batches of "
             f"200, {KEPT}; two jailed parsers read at the same time")
    tell("imap_fetch", "mails/s", taken, notes + "; until each raw mail and its job is committed")
    tell("imap_intake", "mails/s", filed, notes + f"; until each letter's ticket, message and row "
         f"are committed; mails out are written at the same time, at a lower priority; {left} "
         f"quarantined")
    tell("imap_intake_and_out", "mails/s", settled, notes + "; until every job is settled, the "
         "mails to the openers of tickets included")


def main():
    build = daemon.arguments().build
    with Site() as site, Desk(build, site) as desk:
        desk.deliver(mixed_letters(3900000, 8))
        desk.catch_up()
        bench_memory(desk, "imap_idle", "an IMAP child with them, idle after eight letters")
        desk.stop()
        bench_intake(desk)


if __name__ == "__main__":
    try:
        main()
    except Exception as fault:  # pylint: disable=broad-except
        print(f"bench_imap: {type(fault).__name__}: {fault}", file=sys.stderr)
