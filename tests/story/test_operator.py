#!/usr/bin/python3
"""The operator's first hour and worst day: doctor, alerts, backup, restore, hold, keys, erasure."""
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import sys
import threading

from daemon import (AGENT, ANNA, BOB, CARLA, DAY, HOUR, MINUTE, SAM, Desk, Failure, address, holds,
                    main, same, story, until)
from test_trouble import NO_DISK, fill, small_disk

OPERATOR = "ops@brightdesk.example"


def alerts_to(settings):
    settings["alerts"] = {"to": OPERATOR}


def look(desk):
    """Main looks for trouble now, not at its next tick."""
    desk.process.send_signal(signal.SIGUSR1)


def write(desk, sql, *values):
    with contextlib.closing(sqlite3.connect(desk.folder + "/state/assentd.db", timeout=20)) as db:
        db.execute(sql, values)
        db.commit()


def told(desk):
    return [m.subject for m in desk.mails(to=OPERATOR, kind="alert")]


# --- the first hour ------------------------------------------------------------


@story(started=False)
def a_first_file_for_a_mail_server_lacks_only_the_password(desk):
    folder = desk.folder + "/site"
    wrong = desk.run("init", "--dir", folder, "--imap", "mail.example")
    same("without a user", wrong.returncode, 2)
    wrong = desk.run("init", "--dir", folder, "--imap", "mail.example\nx", "--user", "a")
    same("with a line break", wrong.returncode, 2)
    done = desk.run("init", "--dir", folder, "--imap", "imap.brightdesk.example", "--smtp",
                    "smtp.brightdesk.example", "--user", AGENT)
    holds("what it says", done.stdout, "mail.password", "doctor")
    done = desk.run("config", "check", folder + "/assentd.yaml")
    same("faults", (done.returncode, (done.stdout + done.stderr).count("mail.password")), (1, 2))
    with open(folder + "/mail.password", "w", encoding="ascii") as f:
        f.write("secret\n")
    os.chmod(folder + "/mail.password", 0o600)
    done = desk.run("config", "check", folder + "/assentd.yaml")
    same("clean", done.returncode, 0)
    with open(folder + "/assentd.yaml", encoding="utf-8") as f:
        text = f.read()
    holds("the file", text, "host: imap.brightdesk.example", "host: smtp.brightdesk.example")


# --- alerts --------------------------------------------------------------------


@story(change=alerts_to)
def a_condition_is_told_once_and_once_that_it_is_over(desk):
    desk.set_clock(40 * DAY, synchronised=0)
    look(desk)
    mail = desk.wait_mail(kind="alert")
    same("to", mail.to, OPERATOR)
    holds("the alert", mail.subject, "clock")
    holds("the alert", mail.text, "nothing expires", "assent clock accept", "assent doctor")
    for _ in range(3):
        look(desk)
        desk.go(MINUTE)
    desk.quiet()
    same("told", len(told(desk)), 1)
    desk.stop()
    desk.start()
    look(desk)
    desk.quiet()
    same("told after a restart", len(told(desk)), 1)
    desk.assent("clock", "accept")
    desk.go(11 * MINUTE)
    look(desk)
    over = desk.wait_mail(kind="alert", subject="Over")
    holds("the end", over.text, "It lasted from")
    look(desk)
    desk.quiet()
    same("told", [s.startswith("Over") for s in told(desk)], [False, True])


@story(change=alerts_to)
def what_flaps_is_told_once_an_hour_and_counted(desk):
    desk.go(11 * MINUTE)
    for _ in range(4):
        desk.settings["min_free"] = "1024GiB"
        desk.write_settings()
        desk.reload()
        look(desk)
        until(lambda: desk.one("SELECT ended = 0 FROM alerts WHERE name = 'disk'"), "it to begin")
        desk.settings["min_free"] = "1MiB"
        desk.write_settings()
        desk.reload()
        look(desk)
        until(lambda: desk.one("SELECT ended > 0 FROM alerts WHERE name = 'disk'"), "it to end")
        desk.go(MINUTE)
    desk.quiet()
    same("told", [s.startswith("Over") for s in told(desk)], [False, True])
    desk.go(HOUR)
    desk.settings["min_free"] = "1024GiB"
    desk.write_settings()
    desk.reload()
    look(desk)
    again = desk.wait_mail(3, kind="alert")
    holds("the next one", again.text, "4 times since the last mail", "no mail and no webhook")
    desk.settings["min_free"] = "1MiB"
    desk.write_settings()


@story(change=alerts_to)
def a_question_that_could_not_be_put_is_told_to_the_engineer(desk):
    desk.mail(SAM, "Licences", "They cost 900 EUR.\n\nask: Shall we?", to=BOB, cc=AGENT)
    desk.quiet()
    write(desk, "DELETE FROM organisation_domains")
    write(desk, "UPDATE approvals SET ticket = x'00000000000000000000000000000001'"
          " WHERE state = 'draft'")
    desk.go(MINUTE)
    until(lambda: desk.one("SELECT dead FROM jobs WHERE kind = 'ask'"), "the job to be given up")
    look(desk)
    holds("the alert", desk.wait_mail(kind="alert").text, "given up", "assent job list --dead")


# --- backup, restore, hold --------------------------------------------------------


def backed_up(desk, name="backup", *more):
    folder = f"{desk.folder}/{name}"
    return folder, desk.assent("backup", folder, *more)


@story()
def a_backup_under_load_comes_back_and_waits_for_release(desk):
    request = desk.ask()
    desk.mail(BOB, "A long letter", "x" * 99 + "\n" + ("word " * 19 + "\n") * 4000)
    desk.quiet()
    same("spooled", desk.one("SELECT count(*) FROM inbound WHERE spool <> ''"), 1)
    stop = threading.Event()

    def load():
        for i in range(400):
            if stop.is_set():
                return
            desk.drop(desk.letter(SAM, f"Load {i}", "It costs 20 EUR.", to=BOB, cc=AGENT))

    thread = threading.Thread(target=load)
    thread.start()
    folder, made = backed_up(desk)
    stop.set()
    thread.join()
    same("large mails", made["spool_files"], 1)
    same("keys", made["keys"], False)
    same("mode", stat.S_IMODE(os.stat(folder).st_mode), 0o700)
    same("what is in it", sorted(os.listdir(folder)),
         ["assentd.db", "assentd.yaml", "manifest.json", "spool"])
    again = desk.run("backup", folder)
    same("into a full folder", again.returncode, 4)
    holds("what it says", again.stderr, "is not empty")
    desk.quiet()
    desk.answer(request, "approved")
    desk.wait_states("approved")
    desk.quiet()
    receipts = len(desk.mails(kind="receipt"))

    running = desk.run("restore", folder, "--replace")
    same("while it runs", running.returncode, 5)
    holds("what it says", running.stderr, "stop it first")
    desk.stop()
    there = desk.run("restore", folder)
    same("over a database", there.returncode, 4)
    holds("what it says", there.stderr, "--replace")
    done = desk.run("restore", folder, "--replace")
    same("restored", done.returncode, 0)
    holds("what it says", done.stdout, "all intact", "Nothing will be sent", "assent release")
    same("kept aside", len([n for n in os.listdir(desk.folder + "/state") if ".before-" in n and
                            not n.endswith(("-wal", "-shm"))]), 1)
    desk.start()
    desk.wait_said("hold.on")
    same("held", desk.assent("status")["hold"]["held"], True)
    desk.answer(request, "approved", Message_ID="<after-the-backup@northwind-tools.example>")
    desk.wait_states("approved")
    same("no receipt yet", len(desk.mails(kind="receipt")), receipts)
    late = desk.run("release")
    same("released", late.returncode, 0)
    holds("what it says", late.stdout, "receipt", "Released")
    desk.wait_mail(receipts + 1, kind="receipt")
    look(desk)
    desk.wait_said("hold.off")
    desk.quiet()
    desk.check_ledger()
    same("in the ledger", [r[0] for r in desk.rows(
        "SELECT kind FROM ledger WHERE kind LIKE 'site.%' OR kind LIKE 'hold.%'")],
        ["site.restored", "hold.ended"])


@story()
def a_request_that_was_sent_twice_has_one_message_id(desk):
    desk.mail(SAM, "Licences", "They cost 900 EUR.\n\nask: Shall we?", to=BOB, cc=AGENT)
    desk.quiet()
    desk.assent("hold")
    desk.go(MINUTE)
    desk.stop()
    desk.start()
    until(lambda: desk.one("SELECT count(*) FROM jobs WHERE kind = 'ask'"), "the question to wait")
    same("states", desk.states(), ["draft"])
    desk.assent("release")
    desk.go(2 * MINUTE)
    first = desk.wait_mail(kind="request")
    desk.quiet()
    write(desk, "UPDATE outgoing SET status = 'queued' WHERE kind = 'request'")
    write(desk, "INSERT INTO jobs (id, lane, due, attempts, dead, serial, kind, created, last_error,"
          " payload) SELECT x'0199ffffffff7fff8fffffffffffffff', 1, 0, 0, 0, '', 'send',"
          " created, '', '{\"outgoing\":\"' || lower(substr(hex(id),1,8) || '-' ||"
          " substr(hex(id),9,4) || '-' || substr(hex(id),13,4) || '-' || substr(hex(id),17,4) ||"
          " '-' || substr(hex(id),21)) || '\"}' FROM outgoing WHERE kind = 'request'")
    write(desk, "INSERT INTO job_due VALUES (1, 0, x'0199ffffffff7fff8fffffffffffffff')")
    until(lambda: desk.one("SELECT status FROM outgoing WHERE kind = 'request'") == "sent",
          "it to be sent again")
    same("mails with this id", [m.id for m in desk.mails(kind="request")], [first.id])


@story()
def what_was_answered_in_a_hold_is_not_asked_when_it_ends(desk):
    request = desk.ask()
    desk.assent("hold")
    approval = desk.assent("approval", "list")[0]["id"]
    desk.assent("approval", "remind", approval)
    same("waiting", desk.one("SELECT count(*) FROM outgoing WHERE status = 'queued'"), 1)
    desk.answer(request, "no")
    desk.wait_states("rejected")
    done = desk.assent("release")
    same("dropped", (done["dropped"], done["closed"]), (1, 1))
    desk.quiet()
    same("requests", len(desk.mails(kind="request")), 1)
    same("status", desk.rows("SELECT DISTINCT status FROM outgoing ORDER BY 1"),
         [("dropped",), ("sent",)])
    again = desk.run("release")
    same("nothing to release", again.returncode, 4)


@story()
def old_mail_wants_a_yes_and_old_reminders_may_go(desk):
    desk.ask()
    desk.assent("hold")
    approval = desk.assent("approval", "list")[0]["id"]
    desk.assent("approval", "remind", approval)
    desk.go(3 * DAY)
    refused = desk.run("release")
    same("without a yes", refused.returncode, 4)
    holds("what it says", refused.stdout + refused.stderr, "request", "--drop-older", "--yes",
          "older than a day")
    done = desk.assent("release", "--yes", "--drop-older", "2d")
    # Meanwhile a rule that ships may have put Anna's silence to Sam.
    same("left out", (done["dropped"], done["mails"] <= 1), (1, True))
    desk.quiet()
    same("requests", len(desk.mails(kind="request")), 1)


@story()
def nothing_expires_in_a_hold(desk):
    desk.ask()
    desk.assent("hold")
    desk.go(20 * DAY)
    until(lambda: desk.one("SELECT count(*) FROM jobs WHERE kind = 'expire'") == 1, "the timer")
    desk.go(2 * MINUTE)
    same("states", desk.states(), ["sent"])
    desk.assent("release", "--yes")
    desk.go(2 * MINUTE)
    desk.wait_states("expired")


@story(started=False)
def a_backup_that_was_touched_is_refused(desk):
    desk.start()
    desk.ask()
    folder, _ = backed_up(desk)
    desk.stop()
    before = desk.dump()
    for name, harm in (("assentd.db", lambda b: b[:5000] + bytes([b[5000] ^ 1]) + b[5001:]),
                       ("manifest.json", lambda b: b.replace(b'"format": 1', b'"format": 9')),
                       ("assentd.yaml", lambda b: b + b"\n")):
        copy = f"{desk.folder}/touched"
        shutil.copytree(folder, copy)
        with open(f"{copy}/{name}", "rb") as f:
            good = f.read()
        with open(f"{copy}/{name}", "wb") as f:
            f.write(harm(good))
        done = desk.run("restore", copy, "--replace")
        same(f"with {name} changed", done.returncode, 1)
        same("sentence", bool(done.stderr.strip()), True)
        shutil.rmtree(copy)
    os.remove(folder + "/manifest.json")
    done = desk.run("restore", folder, "--replace")
    same("without a manifest", done.returncode, 3)
    holds("what it says", done.stderr, "no whole backup")
    same("nothing changed", desk.dump() == before, True)
    same("nothing is left over", [n for n in os.listdir(desk.folder + "/state") if "restor" in n],
         [])


@story()
def a_backup_with_keys_moves_a_desk_to_another_machine(desk):
    request = desk.ask()
    folder, made = backed_up(desk, "backup", "--with-keys")
    same("keys", (made["keys"], sorted(os.listdir(folder + "/keys"))),
         (True, ["signing.key", "site.keys"]))
    desk.stop()
    shutil.rmtree(desk.folder + "/state")
    for name in ("site.keys", "signing.key"):
        os.remove(f"{desk.folder}/{name}")
        shutil.copy2(f"{folder}/keys/{name}", f"{desk.folder}/{name}")
    desk.assent("restore", folder)
    desk.start()
    desk.assent("release")
    page = desk.open(request.link("Approve"))
    same("the old link", page.status, 200)
    desk.post(request.link("Approve"), page, decision="approve")
    desk.wait_states("approved")


@story()
def a_ring_that_lost_its_key_is_told_at_restore(desk):
    desk.ask()
    folder, _ = backed_up(desk)
    desk.stop()
    with open(desk.folder + "/site.keys", "w", encoding="ascii") as f:
        f.write("2 " + "ab" * 32 + "\n")
    done = desk.run("restore", folder, "--replace")
    holds("what it says", done.stdout, "the key ring lacks key 1", "put it back")


# --- keys ------------------------------------------------------------------------------


@story()
def links_of_an_old_key_work_until_nothing_needs_it(desk):
    old = desk.ask()
    with open(desk.folder + "/site.keys", encoding="ascii") as f:
        first = f.read()
    rotated = desk.assent("key", "rotate")
    same("rotated", (rotated["id"], rotated["reloaded"]), (2, True))
    same("mode", stat.S_IMODE(os.stat(desk.folder + "/site.keys").st_mode), 0o600)
    with open(desk.folder + "/site.keys", encoding="ascii") as f:
        same("the ring begins as before", f.read().startswith(first), True)
    until(lambda: "settings reloaded" in desk.log(), "the reload")
    new = desk.ask(subject="Desks", body="Bob wants four desks for 300 EUR each.")
    same("keys of the tokens", [r[0] for r in desk.rows(
        "SELECT DISTINCT key_id FROM tokens ORDER BY 1")], [1, 2])
    states = {k["id"]: k["state"] for k in desk.assent("key", "list")["keys"]}
    same("states", states, {1: "needed", 2: "makes new ones"})
    same("pruned too early", desk.assent("key", "prune")["removed"], [])
    page = desk.open(old.link("Approve"))
    same("the old link", page.status, 200)
    desk.post(old.link("Approve"), page, decision="approve")
    desk.wait_states("approved", "sent")
    same("pruned", desk.assent("key", "prune")["removed"], [{"ring": "site", "id": 1}])
    same("left", [k["id"] for k in desk.assent("key", "list")["keys"]], [2])
    until(lambda: desk.log().count("settings reloaded") > 1, "the second reload")
    holds("the old page still tells", desk.open(old.link("Approve")).text, "approved")
    desk.answer(new, "ok")
    desk.wait_states("approved", "approved")


@story()
def old_receipts_stay_genuine_when_the_signing_key_changes(desk):
    request = desk.ask()
    desk.answer(request, "approved")
    receipt = desk.wait_mail(kind="receipt")
    desk.quiet()
    before = desk.assent("key", "list")["signing"]["public"]
    desk.assent("key", "rotate", "--signing")
    same("another key", desk.assent("key", "list")["signing"]["public"] != before, True)
    done = desk.run("ledger", "verify", "--receipt", receipt.path)
    same("the old receipt", (done.returncode, "receipt genuine" in done.stdout), (0, True))
    desk.stop()
    desk.start()
    second = desk.ask(subject="Desks", body="Four desks for 300 EUR each.")
    desk.answer(second, "approved")
    fresh = desk.wait_mail(2, kind="receipt")
    done = desk.run("ledger", "verify", "--receipt", fresh.path)
    same("the new receipt", (done.returncode, "receipt genuine" in done.stdout), (0, True))
    write(desk, "DELETE FROM site WHERE name = 'signing.former'")
    done = desk.run("ledger", "verify", "--receipt", receipt.path)
    same("with the list gone", done.returncode, 1)


@story(started=False)
def a_new_ring_is_written_once(desk):
    path = desk.folder + "/credential.keys"
    desk.assent("key", "new", path)
    same("mode", stat.S_IMODE(os.stat(path).st_mode), 0o600)
    with open(path, encoding="ascii") as f:
        same("one key", bool(re.fullmatch(r"1 [0-9a-f]{64}\n", f.read())), True)
    same("a second time", desk.run("key", "new", path).returncode, 4)
    desk.settings["keys"] = {"credential_key_file": path}
    desk.write_settings()
    desk.start()
    same("rotated", desk.assent("key", "rotate", "--credential")["id"], 2)
    same("pruned", desk.assent("key", "prune")["removed"], [{"ring": "credential", "id": 1}])
    with open(path, encoding="ascii") as f:
        same("one key is left", bool(re.fullmatch(r"2 [0-9a-f]{64}\n", f.read())), True)
    both = desk.run("key", "rotate", "--credential", "--signing")
    same("both at once", both.returncode, 2)


# --- a full disk ----------------------------------------------------------------------------


@story(desk=False)
def on_a_full_disk_decisions_go_on_from_the_reserve(build):
    with small_disk("48m") as disk:
        if not disk:
            return NO_DISK
        with Desk(build, change=lambda s: s.update(state_dir=disk + "/state", min_free="1MiB")) \
                as desk:
            reserve = disk + "/state/reserve"
            until(lambda: os.path.exists(reserve) and os.path.getsize(reserve) == 8 << 20,
                  "the whole reserve")
            requests = [desk.ask(subject=f"Question {i}") for i in range(6)]
            desk.quiet()
            fill(disk)
            for request in requests:
                url = request.link("Approve")
                page = desk.post(url, desk.open(url), decision="approve", comment="c" * 1900)
                holds("the page", page.text, "You approved this.")
            same("states", desk.states(), ["approved"] * 6)
            until(lambda: not os.path.exists(reserve), "the reserve to be used")
            holds("the log", desk.log(), "the reserve was given up for decisions")
            os.unlink(disk + "/ballast")
            look(desk)
            until(lambda: os.path.exists(reserve), "the reserve to come back")
            desk.quiet()
            desk.check_mails()
            desk.check_ledger()
    return None


# --- erasing and retention ------------------------------------------------------------------


@story()
def a_person_is_erased_and_the_ledger_still_proves_the_rest(desk):
    request = desk.ask()
    mail = address(ANNA)
    waits = desk.run("erase", mail, "--yes")
    same("while a question waits", waits.returncode, 4)
    holds("what it says", waits.stderr, "T-1001", "waits for")
    desk.answer(request, "approved")
    desk.wait_states("approved")
    desk.quiet()
    owner = desk.run("erase", mail, "--yes")
    same("while she decides", owner.returncode, 4)
    holds("what it says", owner.stderr, "northwind", "name another one")
    for organisation in desk.settings["organisations"]:
        if organisation["owner"] == mail:
            organisation.update(owner=address(BOB), owner_name="Bob Hansen")
    desk.write_settings()
    desk.reload()
    desk.quiet()
    shown = desk.assent("erase", mail.upper())
    same("shown", {p["what"] for p in shown["parts"]} >= {
        "values of the ledger about", "answers and their evidence, of", "mails to, or naming",
        "bytes of mails from"}, True)
    same("a look changes nothing", desk.assent("erase", mail), shown)
    before = {n: len(r) for n, r in desk.dump().items()}
    done = desk.assent("erase", mail, "--yes")
    same("erased", len(done["parts"]) > 3, True)
    everything = "".join(map(str, desk.dump().values()))
    same("the address is nowhere", [n for n, r in desk.dump().items() if mail in str(r)], [])
    same("nor the words", "Twelve more licences" in str(desk.rows(
        "SELECT value FROM ledger_values")), False)
    same("nor the bytes", "Anna Lindqvist" in everything.replace(address(BOB), ""), False)
    report = desk.assent("ledger", "verify")
    same("intact", (report["intact"], report["erased"] > 3), (True, True))
    same("the decision stands", desk.states(), ["approved"])
    same("noted", desk.one("SELECT count(*) FROM ledger WHERE kind = 'person.erased'"), 1)
    same("nothing more to erase", desk.assent("erase", mail)["parts"], [])
    same("no row of the ledger went", len(desk.dump()["ledger"]), before["ledger"] + 1)


def keep_short(settings):
    settings["retention"] = {"raw_mail": "30d", "ip": "10d", "people": "60d"}


@story(change=keep_short)
def what_is_old_goes_at_night_and_what_decided_stays(desk):
    request = desk.ask()
    page = desk.open(request.link("Approve"))
    desk.post(request.link("Approve"), page, decision="approve")
    desk.wait_states("approved")
    second = desk.ask(subject="Desks", body="Four desks for 300 EUR each.")
    desk.answer(second, "no, not this year")
    desk.wait_states("approved", "rejected")
    desk.mail(CARLA, "Long", "y" * 60 + "\n" + ("word " * 19 + "\n") * 4000)
    desk.quiet()
    spool = desk.folder + "/state/spool"
    same("spooled", len(os.listdir(spool)), 1)
    raw = desk.one("SELECT count(*) FROM inbound_raw")
    same("with an address", "127.0.0.1" in str(desk.rows("SELECT evidence FROM ballots")), True)
    desk.go(11 * DAY)
    until(lambda: "127.0.0.1" not in str(desk.rows("SELECT evidence FROM ballots")),
          "the address to go")
    desk.quiet()  # the night is over, to its last piece
    same("and from the ledger", desk.one("SELECT count(*) FROM ledger_values WHERE value ="
                                         " '127.0.0.1'"), 0)
    same("mail is there", desk.one("SELECT count(*) FROM inbound_raw"), raw)
    desk.check_ledger()
    desk.go(20 * DAY)
    until(lambda: desk.one("SELECT count(*) FROM inbound_raw") == 1, "old mail to go")
    desk.quiet()
    same("which one stays", desk.one(
        "SELECT decided FROM inbound WHERE n = (SELECT n FROM inbound_raw)"), 1)
    desk.set_clock(0, 1)
    look(desk)
    until(lambda: not os.listdir(spool), "the spool to be swept", 30)
    same("words are there", desk.one("SELECT count(*) FROM messages WHERE text <> ''") > 0, True)
    desk.go(30 * DAY)
    until(lambda: desk.one("SELECT count(*) FROM tickets WHERE forgotten = 0") == 0,
          "the words to go")
    everything = "".join(str(desk.rows(f"SELECT * FROM {name}")) for name in
                         ("messages", "ballots", "approvals", "ledger_values", "tickets"))
    for word in ("not this year", "Bob Hansen", "CAD licences", address(ANNA)):
        same(f"{word} is there", word in everything, False)
    same("outcomes", desk.states(), ["approved", "rejected"])
    desk.check_ledger()
    same("done", desk.assent("status")["retention"]["done"] is not None, True)


@story(change=keep_short)
def nothing_goes_while_the_clock_is_not_believed(desk):
    desk.ask()
    desk.quiet()
    raw = desk.one("SELECT count(*) FROM inbound_raw")
    due = desk.one("SELECT due FROM jobs WHERE kind = 'retention'")
    desk.set_clock(400 * DAY, synchronised=0)
    desk.reload()
    desk.wait_said("clock.not_believed")
    desk.quiet()
    same("the nightly job", desk.one("SELECT due FROM jobs WHERE kind = 'retention'"), due)
    same("mail is there", desk.one("SELECT count(*) FROM inbound_raw"), raw)


# --- doctor -------------------------------------------------------------------------------


def findings(desk, *more, status=0):
    found = desk.assent("doctor", *more, status=status)["findings"]
    return {(f["what"], f["finding"]): f for f in found}


def has(found, what, finding, *words):
    if (what, finding) not in found:
        raise Failure(f"no finding {what} {finding} in {json.dumps(list(found.values()), indent=1)}")
    one = found[what, finding]
    holds(what, f"{one['text']} {one['todo']}", *words)
    same(f"{what} says what to do", finding == "ok" or bool(one["todo"]), True)


@story(change=alerts_to)
def a_healthy_desk_has_nothing_bad(desk):
    desk.answer(desk.ask(), "ok")
    desk.quiet()
    found = findings(desk)
    for what in ("settings", "keys", "database", "ledger", "disk", "clock", "assentd", "trust",
                 "public_url", "mailbox inbox", "outgoing", "work"):
        same(what, (what, "ok") in found, True)
    same("bad ones", [k for k in found if k[1] == "bad"], [])
    done = desk.run("doctor")
    holds("for people", done.stdout, "ok    ledger", "leads here")


@story()
def each_trouble_is_found_and_says_what_to_do(desk):
    desk.ask()
    has(findings(desk), "alerts", "warn", "alerts.to")
    desk.assent("hold")
    has(findings(desk), "hold", "warn", "assent release")
    desk.assent("release")
    desk.settings["min_free"] = "1024GiB"
    desk.write_settings()
    has(findings(desk, status=1), "disk", "bad", "make room")
    desk.settings["min_free"] = "1MiB"
    desk.settings["http"]["public_url"] = f"http://127.0.0.1:{desk.port + 1}"
    desk.write_settings()
    has(findings(desk, status=1), "public_url", "bad", "cannot be reached", "proxy")
    with Desk(desk.build) as other:
        desk.settings["http"]["public_url"] = other.url
        desk.write_settings()
        has(findings(desk, status=1), "public_url", "bad", "another assentd")
    desk.settings["http"]["public_url"] = desk.url
    desk.settings["trust"] = {"source": "none"}
    desk.write_settings()
    has(findings(desk), "trust", "warn", "mx.brightdesk.example", "authserv-id")
    desk.settings["trust"] = {"source": "authserv-id", "hosts": ["mail.elsewhere.example"]}
    desk.write_settings()
    has(findings(desk, status=1), "trust", "bad", "none of the last", "mx.brightdesk.example")
    desk.settings["trust"] = {"source": "authserv-id", "hosts": ["mx.brightdesk.example"]}
    desk.write_settings()
    desk.set_clock(90 * DAY, synchronised=0)
    has(findings(desk, status=1), "clock", "bad", "assent clock accept")
    desk.set_clock(-90 * DAY, synchronised=0)
    has(findings(desk), "clock", "warn", "synchronises")
    desk.stop()
    has(findings(desk), "assentd", "warn", "systemctl start")
    write(desk, "UPDATE ledger_values SET value = 'x' WHERE n = 1")
    has(findings(desk, status=1), "ledger", "bad", "not intact")
    with open(desk.folder + "/site.keys", "w", encoding="ascii") as f:
        f.write("2 " + "ab" * 32 + "\n")
    has(findings(desk, status=1), "keys", "bad", "lacks key 1")


@story()
def a_damaged_database_is_found(desk):
    desk.ask()
    desk.stop()
    path = desk.folder + "/state/assentd.db"
    with open(path, "r+b") as f:
        f.seek(8192)
        f.write(b"\xff" * 40960)
    has(findings(desk, status=1), "database", "bad")


def servers(settings):
    settings["mailboxes"][0] = {"name": "inbox", "host": "127.0.0.1", "port": 1, "user": "desk",
                                "password_file": "mail.password"}
    settings["outgoing"] = {"host": "127.0.0.1", "port": 1, "user": "desk",
                            "password_file": "mail.password"}


@story(started=False)
def servers_that_are_not_there_are_found(desk):
    with open(desk.folder + "/mail.password", "w", encoding="ascii") as f:
        f.write("secret\n")
    os.chmod(desk.folder + "/mail.password", 0o600)
    servers(desk.settings)
    desk.write_settings()
    found = findings(desk, status=1)
    has(found, "outgoing", "bad", "host, port and tls")
    has(found, "mailbox inbox", "bad")
    has(found, "database", "warn", "start assentd")


def deliver(desk, change=lambda raw: raw):
    """Mail to ourselves goes from the outbox into the inbox, as a mail system would do it."""
    def carry():
        while not stop.is_set():
            for mail in desk.mails(kind="probe"):
                if mail.id not in done:
                    done.add(mail.id)
                    desk.drop(change(b"Authentication-Results: mx.brightdesk.example; dkim=pass"
                                     b" header.d=brightdesk.example\r\n"
                                     b"Received: from a by b; Mon, 16 Nov 2026 09:00:00 +0000\r\n"
                                     + mail.raw))
            stop.wait(0.05)
    stop, done = threading.Event(), set()
    thread = threading.Thread(target=carry)
    thread.start()
    return stop, thread


@story()
def a_mail_to_ourselves_comes_back_and_is_no_ticket(desk):
    stop, thread = deliver(desk)
    found = findings(desk, "--mail", "--wait", "20s")
    stop.set()
    thread.join()
    has(found, "mail", "ok", "came back in")
    has(found, "sub-address", "ok", "arrived as it was written")
    has(found, "vouched", "ok")
    desk.quiet()
    same("tickets", desk.one("SELECT count(*) FROM tickets"), 0)
    holds("filed", desk.outcome(), "our own mail came back")


@story()
def a_lost_sub_address_is_told_with_the_setting(desk):
    def rewrite(raw):
        return re.sub(rb"\+doctor-[a-z2-7]+@", b"@", raw)
    stop, thread = deliver(desk, rewrite)
    found = findings(desk, "--mail", "--wait", "20s", status=1)
    stop.set()
    thread.join()
    has(found, "sub-address", "bad", "agent.separator")
    found = findings(desk, "--mail", "--wait", "1s", status=1)
    has(found, "mail", "bad", "did not come in within 1 s", "agent.separator")


if __name__ == "__main__":
    sys.exit(main(globals()))
