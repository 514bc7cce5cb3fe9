"""One story that takes every step of intake and deciding, told by a person who does not give up.

Whatever the daemon suffers on the way (ASSENTD_FAULT of a build with FAULTS=1), the person starts
it again, presses the button again, and in the end the world must be the same as without.
"""
import http.client
import json
import os
import signal
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))

from daemon import (AGENT, ANNA, BOB, CARLA, HOUR, LENA, MARCO, SAM, Desk,  # noqa: E402,F401
                    Failure, holds, main, same, story, until)

LONGEST = 100  # seconds that one walk may take


def settings(site):
    # One of each, so that tickets get the same numbers in every run.
    site["parser"] = {"children": 1}
    site["approvals"] = {"send_delay": "0s", "tell_requester": True}


class Walker(Desk):
    """A desk whose daemon may die or stumble."""

    def __init__(self, build, fault=None):
        self.fault = fault
        self.deaths = 0
        super().__init__(build, change=settings, started=False)

    def begin(self):
        self.spawn(**({"ASSENTD_FAULT": self.fault} if self.fault else {}))

    def care(self):
        """Start it again where it ended."""
        if self.process.poll() is None:
            return
        self.deaths += 1
        if self.deaths > 3:
            raise Failure(f"the daemon ends again and again ({self.process.returncode})")
        self.spawn()

    def end(self):
        """A kill may lie in wait for the last commit, when everything has been seen already."""
        status = self._end_once_up()
        if status != -signal.SIGKILL or self.deaths:
            return status
        self.spawn()
        return self._end_once_up()

    def _end_once_up(self):
        """Who is told to stop before it listens to that ends badly."""
        if self.process:
            until(lambda: self.process.poll() is not None or self.said("ready "),
                  "the daemon to be up")
        return super().end()

    def wait(self, condition, what, limit=30):
        end = time.monotonic() + limit
        while True:
            self.care()
            if os.path.exists(self.settings["state_dir"] + "/assentd.db"):
                value = self._try(condition)
                if value:
                    return value
            if time.monotonic() > end:
                raise Failure(f"waited {limit} s for {what}")
            time.sleep(0.01)

    def _try(self, condition):
        try:
            return condition()
        except sqlite3.OperationalError:  # not made yet, or just being opened
            return None

    def later(self):
        """Jobs that failed are tried again within the hour; go there."""
        due = self.one("SELECT min(due) FROM job_due WHERE due <= ?", self.now() + 6 * HOUR)
        if due:
            self.go_to(due + 1)
        held = self.one("SELECT count(*) FROM job_leases")
        if held:
            self.go(6 * 60 * 1000)

    def rest(self, condition, what):
        """Until it holds and nothing more happens, however often something is put back."""
        end = time.monotonic() + 40
        while True:
            if self.wait(lambda: self._is_idle() or self._stuck(), what) and \
                    self._try(condition) and self.is_quiet() and not self._soon():
                return
            if time.monotonic() > end:
                raise Failure(f"never came: {what}\n{self.rows('SELECT kind, last_error FROM jobs')}")
            self.later()
            time.sleep(0.01)

    def _soon(self):
        return self.one("SELECT count(*) FROM job_due WHERE due <= ?", self.now() + 6 * HOUR)

    def _is_idle(self):
        """Nothing is under way; what was put back may wait for its time."""
        return not os.listdir(self.folder + "/inbox/new") and not self.one(
            "SELECT (SELECT count(*) FROM job_leases) +"
            " (SELECT count(*) FROM job_due WHERE due <= ?)", self.now())

    def _stuck(self):
        """Nothing to claim, but a lease that only time frees."""
        return self.one("SELECT count(*) FROM job_leases") and not self.one(
            "SELECT count(*) FROM job_due WHERE due <= ?", self.now())

    def press(self, url, **fields):
        """Open and post, again and again, as somebody does whose page did not load."""
        end = time.monotonic() + 30
        while True:
            self.care()
            try:
                page = self.open(url)
                if page.status == 200 and "nonce" in page.fields:
                    page = self.post(url, page, **fields)
                if page.status == 200 and "nonce" not in page.fields:
                    return page
            except (OSError, http.client.HTTPException):
                pass
            if time.monotonic() > end:
                raise Failure("the page never loaded")
            time.sleep(0.02)


def mails_are(desk, kind, count):
    return lambda: len(desk.mails(kind=kind)) >= count


def tell(desk):
    """The story; when it ends, nothing is left to do."""
    desk.begin()
    for i, title in enumerate(("Printer", "Desks", "Batteries")):
        desk.mail(LENA, title, "Marco needs this by Friday. It costs 640 EUR.", to=MARCO, cc=AGENT,
                  Message_ID=f"<{title}@brightdesk.example>")
        desk.rest(mails_are(desk, "transcript", i + 1), "a ticket")
    desk.mail(LENA, "All three", "bulk: T-1001, T-1002, T-1003",
              Message_ID="<bulk@brightdesk.example>")
    desk.mail(SAM, "Seats", "Twelve seats for 4,800 EUR.\n\nask: Shall we?", to=BOB, cc=AGENT,
              Message_ID="<seats@brightdesk.example>")
    desk.rest(lambda: mails_are(desk, "batch", 1)() and mails_are(desk, "request", 1)(),
              "the questions")
    batch, request = desk.mails(kind="batch")[0], desk.mails(kind="request")[0]
    desk.answer(batch, "1 yes\n2 no, too expensive\n3 ok", sender=CARLA,
                Message_ID="<lines@harbour-foods.example>")
    desk.answer(request, "Approved if it is cheap.", sender=ANNA,
                Message_ID="<hm@northwind-tools.example>")
    desk.rest(mails_are(desk, "unclear", 1), "the answer to an unclear one")
    desk.press(request.link("Reject"), decision="reject", comment="Six are enough.")
    desk.rest(lambda: sorted(desk.states()) == ["approved", "approved", "rejected", "rejected"],
              "four decisions")


def check(desk, wanted):
    """Nothing lost, nothing doubled, decided once."""
    world = desk.world()
    for name, value in wanted.items():
        lost = [v for v in value if v not in world[name]]
        new = [v for v in world[name] if v not in value]
        if world[name] != value:
            raise Failure(f"{name}: lost {json.dumps(lost)}, new {json.dumps(new)}, "
                          f"{len(world[name])} instead of {len(value)}")
    desk.check_mails()
    same("decisions", desk.one("SELECT count(*) FROM ledger WHERE kind = 'decision'"), 4)
    same("jobs given up", desk.one("SELECT count(*) FROM jobs WHERE dead = 1"), 0)
    desk.check_ledger()


def undisturbed(build):
    with Walker(build) as desk:
        tell(desk)
        same("deaths", desk.deaths, 0)
        desk.check_mails()
        return desk.world()


def walk_point(build, point, how, fewest):
    """Let every passage of a point go wrong, one a run, until a story never comes to the nth."""
    wanted = undisturbed(build)
    end = time.monotonic() + LONGEST
    n = missed = 0
    while missed < 3:
        n += 1
        if time.monotonic() > end:
            return f"out of time after {n - 1} passages of {point}"
        with Walker(build, f"{point}:{n}{how}") as desk:
            try:
                tell(desk)
                check(desk, wanted)
            except AssertionError as fault:
                raise Failure(f"{point}:{n}{how}: {fault}") from fault
            missed = 0 if "fault point=" in desk.log() else missed + 1
    print(f"     {point}{how}: {n - 3} places walked", flush=True)
    same(f"{n - 3} passages of {point} are enough for a story", n - 3 >= fewest, True)
    return None
