#!/usr/bin/python3
"""kill -9 of the daemon and its children at random times, between real servers: nothing is lost
and nothing is decided twice."""
import collections
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))
# pylint: disable=wrong-import-position
from office import Killer, Office
from daemon import Failure, holds, main, same, story, until

ROUNDS = int(os.environ.get("ROUNDS", "200"))
SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
AT_ONCE = 4 # questions that are under way together


def wanted(number):
    return "rejected" if number % 3 == 0 else "approved"


def words(number):
    return f"No, not disk {number}." if number % 3 == 0 else "Approved"


def follow(office, numbers):
    """Ask, answer whatever has come, until every receipt is there."""
    for n in numbers:
        office.ask_about(n)
    waiting, answered = set(numbers), set()
    end = time.monotonic() + 240
    while waiting:
        if time.monotonic() > end:
            raise Failure(f"no end of {sorted(waiting)}, answered {sorted(answered)}")
        for n in sorted(waiting - answered):
            request = office.find("anna", "request", f"disk {n}?")
            if request:
                office.reply(request, words(n), n)
                answered.add(n)
        waiting -= {n for n in answered if office.find("anna", "receipt", f"disk {n}?") and
                    office.find("sam", "outcome", f"disk {n}?")}
        time.sleep(0.02)


def check_decisions(office):
    found = dict(office.rows("SELECT question, state FROM approvals"))
    same("questions", len(found), ROUNDS)
    for n in range(1, ROUNDS + 1):
        same(f"the answer about disk {n}", found[f"Shall we order disk {n}?"], wanted(n))
    same("tickets", office.one("SELECT count(*) FROM tickets"), ROUNDS)
    same("ballots that are not cast once",
         office.rows("SELECT approval FROM ballots WHERE status <> 'cast'"), [])
    same("decisions in the ledger",
         office.one("SELECT count(*) FROM ledger WHERE kind = 'decision'"), ROUNDS)
    same("letters that were not understood", office.rows(
        "SELECT subject, outcome FROM inbound WHERE status <> 'done'"), [])
    same("letters", office.one("SELECT count(*) FROM inbound"), 2 * ROUNDS)


def check_mails(office):
    """Each mail came, and what came twice has one Message-ID (at least once, invariant 3)."""
    # Who asks so often within an hour is not told of each (NOTICE_ADDRESS_HOUR).
    withheld = {r[0] for r in office.rows(
        "SELECT message_id FROM outgoing WHERE status = 'dropped' AND kind = 'transcript' "
        "AND last_error LIKE 'withheld: too many%'")}
    queued = {r[0] for r in office.rows(
        "SELECT message_id FROM outgoing WHERE digest IS NULL")} - withheld
    copies = collections.Counter(m.id.strip("<>") for name in ("anna", "sam", "bob", "lena")
                                 for m in office.mailbox(name))
    same("mails that nobody queued", sorted(set(copies) - queued), [])
    same("mails that never came", sorted(queued - set(copies)), [])
    return len(copies), sum(copies.values()) - len(copies)


@story(desk=False)
def two_hundred_rounds_of_kills_lose_nothing(build):
    print(f"seed {SEED} (SEED=… repeats it), {ROUNDS} rounds", flush=True)
    with Office(build) as office:
        killer = Killer(office, random.Random(SEED))
        killer.start()
        try:
            for first in range(1, ROUNDS + 1, AT_ONCE):
                follow(office, range(first, min(first + AT_ONCE, ROUNDS + 1)))
        finally:
            killer.end()
        until(office.is_quiet, "the desk to come to rest", 120)
        check_decisions(office)
        mails, twice = check_mails(office)
        verified = office.run("ledger", "verify")
        holds("the ledger", verified.stdout + str(verified.returncode), "0")
        same("the ledger is whole", verified.returncode, 0)
        print(f"kills {killer.kills}; {mails} mails, {twice} of them twice", flush=True)


if __name__ == "__main__":
    sys.exit(main(globals()))
