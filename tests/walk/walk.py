"""One scenario, walked again and again with a fault at another place each time.

Two engineers ask, one owner answers by mail, the other by link and then once
more by mail. The people know nothing of faults: they wait for their mail, and
who gets no answer to a form sends it again. What the desk holds at the end
must be what it holds after a run that nothing disturbed.
"""
import concurrent.futures
import http.client
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))

# pylint: disable=wrong-import-position
from daemon import (AGENT, ANNA, BOB, CARLA, HOUR, LENA, MARCO, MINUTE, SAM, Desk, Failure,
                    arguments, same, until)

AT_ONCE = 6     # a run mostly waits for the daemon to look at the clock
MOST = 400      # passages of one point; far more than there are
NO_ANSWER = (OSError, http.client.HTTPException)
LARGE = "-- \n" + "Lena Vogt, Brightdesk, at your service\n" * 8000  # goes through the spool


class Walk(Desk):
    """A desk with ASSENTD_FAULT=fault. look() is called at every turn of every wait."""

    def __init__(self, build, fault=None):
        super().__init__(build, started=False)
        self.fired = False
        self.begin(fault)

    def begin(self, fault):
        if not self.start(**({"ASSENTD_FAULT": fault} if fault else {})):
            self.look()

    def look(self):
        self.fired = self.fired or "fault point=" in self.log()

    def is_quiet(self):
        self.look()
        return super().is_quiet()

    def mails(self, **wanted):
        self.look()
        return super().mails(**wanted)

    def decide(self, url, **fields):
        """Open the page, press the button; again, until there is an answer."""
        page = self._told(lambda: self.open(url))
        return self._told(lambda: self.post(url, page, **fields))

    def _told(self, request):
        def once():
            self.look()
            try:
                page = request()
            except NO_ANSWER:
                return None
            return page if page.status == 200 else None
        return until(once, "an answer to the browser")

    def unfinished(self):
        return os.listdir(self.folder + "/outbox/tmp")

    def fates(self):
        """A request whose sending was cut off stays in doubt when its answer is faster than the
        next try; that it lies in the outbox, once, is compared with the mails."""
        return sorted(map(list, self.rows(
            "SELECT kind, to_email, CASE WHEN status = 'maybe' AND last_error LIKE 'perhaps it was"
            " sent: %; its question was closed before it went out' THEN 'sent' ELSE status END"
            " FROM outgoing")))

    def tell(self):
        scenario(self)

    @staticmethod
    def expect(world):
        """Of a run that nothing disturbed."""
        states = sorted([a[2], a[3]] for a in world["approvals"])
        same("decided", states,
             [["approved", "Shall we buy them?"], ["rejected", "Shall we order it?"]])
        same("decisions in the ledger", world["ledger"].count(["decision"]), 2)

    def world(self):
        """Everything that a person or an auditor can see, without ids and times."""
        return {
            **super().world(),
            "outgoing": self.fates(),
            "listed": sorted([a["state"], a["question"]] for a in self.assent("approval", "list")),
            "under way": sorted(os.listdir(self.folder + "/inbox/new") + self.unfinished()),
            "dead jobs": self.rows("SELECT kind, last_error FROM jobs WHERE dead"),
        }


def scenario(desk):
    desk.mail(SAM, "Twelve seats", "They cost 4,800 EUR a year.\n\nask: Shall we buy them?",
              to=BOB, cc=AGENT)
    desk.quiet()
    desk.mail(LENA, "Label printer", "It costs 640 EUR.\n\nask: Shall we order it?\n\n" + LARGE,
              to=MARCO, cc=AGENT)
    desk.quiet()
    desk.go(MINUTE)
    seats = desk.wait_mail(to=ANNA, kind="request")
    printer = desk.wait_mail(to=CARLA, kind="request")
    desk.answer(seats, "Approved, thanks")
    desk.decide(printer.link("Reject"), decision="reject", comment="Too much.")
    desk.quiet()
    desk.answer(printer, "approved")
    desk.quiet()
    desk.wait_mail(to=ANNA, kind="receipt")
    desk.wait_mail(to=CARLA, kind="already")
    desk.quiet()


def difference(got, wanted):
    lines = []
    for part in (part for part in wanted if got[part] != wanted[part]):
        lines += [f"  {part}, but: {row!r}"[:400] for row in got[part] if row not in wanted[part]]
        lines += [f"  {part}, not: {row!r}"[:400] for row in wanted[part] if row not in got[part]]
        lines.append(f"  {part}: {len(got[part])} rows, expected {len(wanted[part])}")
    return "\n".join(lines)


def run(kind, build, fault, wanted=None):
    """One run; (the fault struck, the world)."""
    with kind(build, fault) as desk:
        try:
            desk.tell()
            desk.check_mails()
            desk.check_ledger()
            world = desk.world()
            if wanted is not None and world != wanted:
                raise Failure("another world:\n" + difference(world, wanted))
        except Exception as failure:
            raise Failure(f"with {fault}: {failure!r}\n{desk.log()[-5000:]}") from failure
        return desk.fired, world


def undisturbed(kind, build):
    struck, world = run(kind, build, None)
    same("struck without a fault", struck, False)
    kind.expect(world)
    same("under way", (world["under way"], world["dead jobs"]), ([], []))
    return world


def walk(kind, build, point, wanted, how=""):
    """The point's first, second, ... passage, until a run does not come so far; how many."""
    n = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        while n < MOST:
            runs = [pool.submit(run, kind, build, f"{point}:{n + i + 1}{how}", wanted)
                    for i in range(AT_ONCE)]
            struck = [r.result()[0] for r in runs]
            n += sum(struck)
            if not all(struck):
                print(f"{point}{how}: {n} places walked", flush=True)
                return n
    raise Failure(f"{point}: no end after {MOST} passages")


def main(kind, points):
    """Walk the points, each [name, how, how often it is passed at least]; the exit status."""
    a = arguments()
    failed = 0
    wanted = undisturbed(kind, a.build)
    for point, how, least in points:
        if a.only and point not in a.only:
            continue
        try:
            n = walk(kind, a.build, point, wanted, how)
            if n < least:
                raise Failure(f"passed {n} times, expected {least} at least")
        except Failure as failure:
            print(f"FAIL {point}{how}: {failure}", flush=True)
            failed += 1
    return 1 if failed else 0
