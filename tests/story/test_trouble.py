#!/usr/bin/python3
"""Bad input and bad days: each gets a sentence that a person reads, and loses nothing."""
import contextlib
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile

from daemon import (AGENT, ANNA, BOB, DAY, FORM, MINUTE, SAM, Desk, Failure, fetch, form, holds,
                    main, same, story, until)

KIB = 1024


# --- pages ---------------------------------------------------------------------


@story()
def a_bad_token_is_told_so_and_then_slowed_down(desk):
    request = desk.ask()
    good = request.link("Approve").split("?")[0]
    for bad in ("x", "a" * 32, good.rsplit("/", 1)[1][:-1], "%00", "..%2f..%2fetc", "a" * 4000):
        page = desk.open(f"{desk.url}/a/{bad}")
        same(f"status of {bad[:40]}", page.status in (400, 404, 414), True)
    holds("the page", desk.open(f"{desk.url}/a/{'b' * 32}").text, "This link does not work.",
          "Nothing was decided.")
    slow = until(lambda: next((p for p in [desk.open(f"{desk.url}/a/{'c' * 32}")]
                               if p.status == 429), None), "the limit")
    same("when to come again", slow.headers["Retry-After"], "60")
    same("the form too", fetch("POST", good, b"decision=approve", FORM).status, 429)
    same("states", desk.states(), ["sent"])
    desk.go(10 * MINUTE)
    same("later", desk.open(good).status, 200)


@story()
def a_form_that_is_broken_decides_nothing(desk):
    request = desk.ask()
    url = request.link("Approve")
    page = desk.open(url)
    whole = form(page, decision="approve", comment="x")
    tries = (
        (b"", FORM), (b"%%%", FORM), (b"\xff\xfe\x00", FORM), (whole, {}),
        (whole, {"Content-Type": "application/json"}),
        (whole + b"&comment=" + b"y" * 40000, FORM),
        (whole, {**FORM, "Sec-Fetch-Site": "cross-site"}),
        (whole.replace(b"approve", b"maybe"), FORM),
        (whole.replace(page.fields["nonce"].encode(), b"b" * 32), FORM),
    )
    for body, headers in tries:
        answer = fetch("POST", url, body, headers)
        same(f"status after {body[:30]}", answer.status in (200, 400, 413, 415), True)
    same("states", desk.states(), ["sent"])
    same("the whole form", fetch("POST", url, whole, FORM).status, 200)
    same("states", desk.states(), ["approved"])


# --- settings --------------------------------------------------------------------


def rewrite(desk, text):
    with open(desk.file, "w", encoding="utf-8") as f:
        f.write(text)


@story()
def broken_settings_on_reload_keep_the_old_ones(desk):
    with open(desk.file, encoding="utf-8") as f:
        good = f.read()
    at = good[:good.index("trust:")].count("\n") + 1
    rewrite(desk, good.replace("trust:\n", "trust: [\n"))
    desk.reload()
    same("place named", bool(re.search(re.escape(desk.file) + r":\d+:\d+: ", desk.log())), True)
    holds("the log", desk.log(), "the old ones stay in force")
    request = desk.ask()
    same("the old owner", request.to, "anna.lindqvist@northwind-tools.example")
    rewrite(desk, good.replace("source:", "sorce:"))
    desk.reload()
    holds("the log", desk.log(), f"{desk.file}:{at + 1}:3:", "did you mean 'source'?")
    desk.answer(request, "approved")
    desk.quiet()
    same("states", desk.states(), ["approved"])
    rewrite(desk, good.replace('"anna.lindqvist@', '"bob.hansen@'))
    desk.reload()
    holds("the log", desk.log(), "settings reloaded")
    desk.ask(subject="Another")
    desk.wait_mail(kind="request", to=BOB)


@story()
def all_faults_are_named_at_once_and_nothing_starts(desk):
    with open(desk.file, encoding="utf-8") as f:
        good = f.read()
    desk.stop()
    rewrite(desk, good.replace("organisations:", "organizations:")
            .replace('zone: "Europe/Berlin"', 'zone: "Europe/Berlim"')
            .replace('min_free: "1MiB"', 'min_free: "1 byte"'))
    done = desk.run("config", "check", desk.file)
    same("status", done.returncode, 1)
    said = done.stdout + done.stderr
    holds("the check", said, "did you mean 'organisations'?", "Europe/Berlim", "min_free")
    places = re.findall(re.escape(desk.file) + r":(\d+):(\d+): ", said)
    same("faults with line and column", len(places) >= 3, True)
    same("starts", desk.start(), False)
    same("status of the daemon", desk.process.wait(), 1)
    holds("the daemon", desk.log(), "did you mean 'organisations'?")
    desk.process = None
    rewrite(desk, good)
    same("starts", desk.start(), True)


@story()
def a_second_daemon_is_told_who_is_there(desk):
    first = desk.process
    with open(desk.folder + "/second.log", "w+", encoding="utf-8") as log:
        second = subprocess.run([desk.build + "/assentd", "-c", desk.file], stdout=log, stderr=log,
                                timeout=30, check=False)
        log.seek(0)
        holds("the second", log.read(), f"another assentd (process {first.pid})", "stop it first")
    same("status", second.returncode, 1)
    desk.ask()


# --- no room, no permission --------------------------------------------------------


@contextlib.contextmanager
def small_disk(size):
    """A file system of its own; None where this user cannot have one."""
    folder = tempfile.mkdtemp(prefix="assent-disk-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
                             capture_output=True, check=False).returncode == 0
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=True)
        os.rmdir(folder)


def fill(folder, leave=0):
    """Until only so much is left."""
    with open(folder + "/ballast", "ab", buffering=0) as f:
        for step in (64 * KIB, KIB, 1):
            while True:
                free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
                if free - step < leave:
                    break
                try:
                    if f.write(b"x" * step) < step:
                        break
                except OSError:
                    break


NO_DISK = "cannot mount a small file system here"


@story(desk=False)
def a_disk_that_fills_up_stops_new_mail_and_no_decision(build):
    with small_disk("32m") as disk:
        if not disk:
            return NO_DISK
        with Desk(build, change=lambda s: s.update(state_dir=disk + "/state", min_free="4MiB")) \
                as desk:
            request = desk.ask()
            fill(disk, leave=2 * KIB * KIB)
            desk.mail(SAM, "Late", "Seats.", to=BOB, cc=AGENT)
            desk.wait_said("disk_full")
            url = request.link("Approve")
            holds("the page", desk.post(url, desk.open(url), decision="approve", comment="").text,
                  "You approved this.")
            same("tickets", desk.one("SELECT count(*) FROM tickets"), 1)
            same("the mail waits", len(os.listdir(desk.folder + "/inbox/new")), 1)
            os.unlink(disk + "/ballast")
            desk.quiet()
            same("tickets", desk.one("SELECT count(*) FROM tickets"), 2)
            desk.check_mails()
    return None


@story(desk=False)
def on_a_full_disk_an_answer_is_refused_with_a_sentence_and_counts_later(build):
    with small_disk("32m") as disk:
        if not disk:
            return NO_DISK
        with Desk(build, change=lambda s: s.update(state_dir=disk + "/state", min_free="1MiB")) \
                as desk:
            requests = [desk.ask(subject=f"Question {i}") for i in range(6)]
            desk.quiet()
            desk.stop()  # so that the log of the database is short
            desk.start()
            fill(disk)
            while os.path.exists(disk + "/state/reserve"):  # it may be made once more meanwhile
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(disk + "/state/reserve")
                fill(disk)
            refused = None
            for request in requests:
                url = request.link("Approve")
                page = desk.open(url)
                answer = desk.post(url, page, decision="approve", comment="c" * 1900)
                if answer.status == 503:
                    refused = request
                    break
                holds("an answer that counts", answer.text, "You approved this.")
            if not refused:
                raise Failure("the disk was never full")
            holds("the page", answer.text, "no room left to record an answer", "Nothing is lost",
                  "try again later")
            same("when", answer.headers["Retry-After"], "60")
            state = "SELECT state FROM approvals a JOIN tickets t ON t.id = a.ticket WHERE ref = ?"
            ref = int(re.search(r"\[T-(\d+)\]", refused.subject).group(1))
            same("not decided", desk.one(state, ref), "sent")
            desk.mail(SAM, "Late", "Seats.", to=BOB, cc=AGENT)
            os.unlink(disk + "/ballast")
            holds("the page", desk.post(url, page, decision="approve", comment="").text,
                  "You approved this.")
            desk.go(10 * MINUTE)
            desk.quiet()
            same("decided", desk.one(state, ref), "approved")
            same("tickets", desk.one("SELECT count(*) FROM tickets"), 7)
            until(lambda: not desk.one("SELECT count(*) FROM outgoing WHERE status <> 'sent'"),
                  "all mail to go out")
            desk.check_mails()
            desk.check_ledger()
    return None


@story(desk=False)
def mail_that_finds_no_room_in_the_outbox_goes_out_later(build):
    with small_disk("1m") as disk:
        if not disk:
            return NO_DISK
        with Desk(build, change=lambda s: s.update(outgoing={"maildir": disk + "/outbox"})) as desk:
            fill(disk)
            desk.mail(SAM, "Order", "Seats for 10 EUR.", to=BOB, cc=AGENT)
            desk.wait_said("no room for the mail (free some space)")
            jobs = desk.assent("job", "list")
            holds("the job", str(jobs), "no room for the mail")
            os.unlink(disk + "/ballast")
            desk.go(60 * MINUTE)
            until(lambda: len(os.listdir(disk + "/outbox/new")) == 1, "the transcript")
    return None


@story(desk=False)
def a_read_only_database_is_named_and_everything_waits(build):
    with small_disk("32m") as disk:
        if not disk:
            return NO_DISK
        with Desk(build, change=lambda s: s.update(state_dir=disk + "/state")) as desk:
            request = desk.ask()
            desk.stop()
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            desk.answer(request, "approved")
            same("starts", desk.start(), False)
            holds("the log", desk.log(), disk + "/state", "ead-only")
            desk.process = None
            same("the mail waits", len(os.listdir(desk.folder + "/inbox/new")), 1)
            subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
            same("starts", desk.start(), True)
            desk.wait_states("approved")
            desk.quiet()
            desk.check_mails()
    return None


# --- mail ----------------------------------------------------------------------------


def tiny_mails(site):
    site["mail"] = {"max_size": "64KiB"}


@story(change=tiny_mails)
def an_oversized_mail_is_set_aside_unread_and_said_so(desk):
    desk.mail(SAM, "Too large", "word " * 30000, to=BOB, cc=AGENT)
    desk.mail(SAM, "Just right", "word " * 3000, to=BOB, cc=AGENT)
    desk.quiet()
    aside = desk.assent("inbound", "list", "--quarantined")
    same("set aside", len(aside), 1)
    outcome = desk.one("SELECT outcome FROM inbound WHERE status = 'quarantined'")
    holds("the sentence", outcome, "more than mail.max_size (65536)", "it lies unread in the")
    name = re.search(r"cur/(\S+)", outcome).group(1)
    same("still there", [f for f in os.listdir(desk.folder + "/inbox/cur") if f.startswith(name)]
         != [], True)
    same("tickets", [r[0] for r in desk.rows("SELECT title FROM tickets")], ["Just right"])


@story()
def a_large_mail_is_read_whole(desk):
    desk.mail(SAM, "Large", "This line is not very long, but there are many.\n" * 60000, to=BOB,
              cc=AGENT)
    desk.quiet()
    same("tickets", [r[0] for r in desk.rows("SELECT title FROM tickets")], ["Large"])
    desk.ask()


def broken_mails(good):
    yield b""
    yield b"\r\n\r\n"
    yield b"\x00" * 5000
    yield bytes(range(256)) * 40
    yield good[:len(good) // 3]
    yield good.replace(b"\r\n", b"\r")
    yield good.replace(b"text/plain", b"multipart/mixed; boundary=")
    yield good.replace(b"text/plain", b"multipart/mixed; boundary=x")
    yield good.replace(b"charset=utf-8", b"charset=\"utf-16\xff\"")
    yield good.replace(b"From: ", b"From: =?utf-8?B?////?= <@>,,;:")
    yield b"Subject: " + b"A" * 200000 + b"\r\n" + good
    yield b"References: " + b"<a@b> " * 20000 + b"\r\n" + good
    yield b"To: " + b", ".join(b"a%d@b.example" % i for i in range(5000)) + b"\r\n" + good
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
                    for i in range(500))
    yield good.split(b"Content-Type")[0] + deep + b"end"
    html = b"<div>" * 20000 + b"approved"
    yield good.split(b"Content-Type")[0] + b"Content-Type: text/html\r\n\r\n" + html
    chance = random.Random(1)
    for _ in range(40):
        damaged = bytearray(good)
        for _ in range(30):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        yield bytes(damaged)


@story()
def malformed_mail_is_filed_and_the_rest_lives_on(desk):
    request = desk.ask()
    good = desk.letter(ANNA, "Re: " + request.subject, "I shall think about it.", vouched=None,
                       to=request.header("Reply-To"), In_Reply_To=request.id)
    count = 0
    for raw in broken_mails(good):
        desk.drop(raw)
        count += 1
    until(desk.is_quiet, "the desk to come to rest", 120)
    same("letters kept", desk.one("SELECT count(*) FROM inbound"), count + 1)
    same("without an outcome", desk.one("SELECT count(*) FROM inbound WHERE outcome = ''"), 0)
    same("states", desk.states(), ["sent"])
    same("the daemon", desk.process.poll(), None)
    desk.answer(request, "approved")
    desk.quiet()
    same("states", desk.states(), ["approved"])


# --- time ------------------------------------------------------------------------------


@story()
def a_clock_that_jumps_five_years_expires_nothing_until_it_is_accepted(desk):
    request = desk.ask()
    desk.set_clock(5 * 365 * DAY, synchronised=0)
    desk.reload()
    desk.wait_said("clock.not_believed")
    desk.quiet()
    same("states", desk.states(), ["sent"])
    same("reminders", desk.mails(subject="Reminder"), [])
    holds("status", str(desk.assent("status")), "it jumped", "assent clock accept")
    desk.reload()
    holds("the log", desk.log(), "clock.not_believed", "nothing expires meanwhile")
    same("the page", desk.open(request.link("Approve")).status, 200)
    desk.assent("clock", "accept")
    desk.reload()
    desk.go(2 * MINUTE)
    desk.wait_states("expired")


@story()
def a_clock_that_comes_back_has_expired_nothing(desk):
    request = desk.ask()
    desk.set_clock(5 * 365 * DAY, synchronised=0)
    desk.reload()
    desk.wait_said("clock.not_believed")
    desk.quiet()
    desk.set_clock(-5 * 365 * DAY, synchronised=1)
    desk.reload()
    desk.answer(request, "approved")
    desk.quiet()
    same("states", desk.states(), ["approved"])


@story()
def a_daemon_that_starts_with_a_wrong_clock_expires_nothing(desk):
    desk.ask()
    desk.stop()
    desk.set_clock(5 * 365 * DAY, synchronised=0)
    desk.start()
    desk.reload()
    desk.wait_said("clock.not_believed")
    desk.quiet()
    same("states", desk.states(), ["sent"])
    desk.set_clock(0, synchronised=1)
    desk.go(2 * MINUTE)
    desk.wait_states("expired")


# --- the tool, with the daemon and without -----------------------------------------------


@story()
def the_tool_works_with_the_daemon_up_and_down(desk):
    desk.mail(SAM, "Printer", "It costs 640 EUR.", to=BOB, cc=AGENT)
    desk.mail(SAM, "Desks", "They cost 300 EUR.", to=BOB, cc=AGENT)
    desk.quiet()
    asked = desk.assent("approval", "request", "--ticket", "T-1001")["asked"]
    same("asked", len(asked), 1)
    request = desk.wait_mail(kind="request")
    desk.quiet()
    desk.stop()
    same("listed without a daemon", [a["state"] for a in desk.assent("approval", "list")], ["sent"])
    desk.assent("approval", "withdraw", asked[0]["approval"])
    same("states", desk.states(), ["withdrawn"])
    notes = desk.folder + "/notes.txt"
    with open(notes, "w", encoding="utf-8") as f:
        f.write("- Written by hand.\n- Twice.\n")
    desk.assent("approval", "request", "--ticket", "T-1001", "--ticket", "T-1002", "--summary",
                notes)
    desk.start()
    batch = desk.wait_mail(kind="batch")
    holds("the bulk mail", batch.text, "Written by hand.", "written by operator")
    holds("the old page", desk.open(request.link("Approve")).text, "withdrawn")
    desk.answer(batch, "ok")
    desk.wait_states("withdrawn", "approved", "approved")
    desk.quiet()
    gone = desk.run("approval", "withdraw", asked[0]["approval"])
    same("status of what is overtaken", gone.returncode, 4)
    holds("what it says", gone.stderr, "withdrawn already")
    missing = desk.run("approval", "show", "00000000-0000-7000-8000-000000000000")
    same("status of what is not there", missing.returncode, 3)
    desk.check_ledger()
    desk.stop()
    desk.check_ledger()


@story()
def a_ledger_that_was_changed_is_found_out(desk):
    request = desk.ask()
    desk.answer(request, "no, too expensive")
    desk.quiet()
    desk.stop()
    desk.check_ledger()
    with contextlib.closing(sqlite3.connect(desk.folder + "/state/assentd.db")) as db:
        db.execute("UPDATE ledger_values SET value = 'approved' WHERE value = 'rejected'")
        db.commit()
    done = desk.run("ledger", "verify")
    same("status", done.returncode, 1)
    holds("what it says", done.stdout + done.stderr, "entry 2")


if __name__ == "__main__":
    sys.exit(main(globals()))
