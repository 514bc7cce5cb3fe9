#!/usr/bin/python3
"""The main job of assentd, start to end, on this machine alone.

usage: demo.py [--build DIR] [--auto]

Real mail files go into a Maildir, the daemon's own mails come out of another,
and a person's part is played through the same doors that a person has. Time
is a virtual clock, so that nobody waits for days. With --auto the exit status
is 0 only if every step happened, as the database says through assent --json.
"""
import argparse
import os
import shutil
import sys
import textwrap
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tests", "story"))

from daemon import DAY, HOUR, MINUTE, Desk, Failure, same, until  # noqa: E402

NOOR = "noor.haddad@alder-dental.example"
PRETTY = sys.stdout.isatty()


def ink(code, text):
    return f"\033[{code}m{text}\033[0m" if PRETTY else text


def say(text):
    print(textwrap.fill(" ".join(text.split()), 78, break_on_hyphens=False), flush=True)


def step(number, title):
    print("\n" + ink("1", f"=== {number}. {title} " + "=" * (70 - len(title))) + "\n", flush=True)


def show(mail):
    """A mail as a person with a plain mail program sees it."""
    print(ink("36", f"  +-- To: {mail.to}"))
    print(ink("36", "  | ") + ink("1", f"Subject: {mail.subject}"))
    for line in mail.text.rstrip().splitlines():
        print(ink("36", "  | ") + line)
    print(ink("36", "  +--") + "\n", flush=True)


def mention(mails):
    for mail in mails:
        print(f"  (mail: {mail.kind} to {mail.to})", flush=True)


def settings(site):
    site["organisations"].append({
        "key": "alder", "name": "Alder Dental", "owner": NOOR, "owner_name": "Noor Haddad",
        "domains": ["alder-dental.example"], "zone": "Europe/London"})


class Demo:
    def __init__(self, desk):
        self.desk = desk
        self.seen = set()

    def new_mails(self):
        """What went out since the last look."""
        self.desk.quiet()
        fresh = [m for m in self.desk.mails() if m.id not in self.seen]
        self.seen |= {m.id for m in fresh}
        return fresh

    def deliver(self, name):
        with open(os.path.join(HERE, "mail", name), "rb") as f:
            self.desk.drop(f.read().replace(b"\n", b"\r\n"))
        print(f"  -> inbox: {name}", flush=True)
        self.desk.quiet()

    def packets(self, state):
        return [p["rule"] for p in self.desk.assent("escalation", "list", "--state", state)]

    def approvals(self):
        return {a["ticket"]: a for a in self.desk.assent("approval", "list")}

    def is_now(self, ticket, state, channel=None, comment=None):
        """What the database says; a demo that only looks right is none."""
        listed = self.approvals()[ticket]
        same(f"state of {ticket}", listed["state"], state)
        shown = self.desk.assent("approval", "show", listed["id"])
        if channel:
            same(f"channel of {ticket}", shown["decision"]["channel"], channel)
            same(f"comment of {ticket}", shown["decision"]["comment"], comment)
        print(ink("32", f"  ok: {ticket} is {state}") + (f" (by {channel})" if channel else ""),
              flush=True)
        return shown

    # --- the story

    def questions(self):
        step(1, "Engineers put the desk in Cc")
        say("Mail from two engineers of a helpdesk arrives. They write to their customers as "
            "always; a line \"ask: …\" is all that the desk needs. Three tickets of one customer "
            "come without a question: a last mail asks about all three at once.")
        print()
        for name in sorted(os.listdir(os.path.join(HERE, "mail"))):
            if not name.startswith("8-"):
                self.deliver(name)
        print("\nEach command is answered with what was done:\n")
        fresh = self.new_mails()
        same("mails to engineers", [m.kind for m in fresh], ["transcript"] * 7)
        show(fresh[0])
        same("approvals", sorted(self.approvals()), [f"T-{1001 + i}" for i in range(6)])
        for ticket in self.approvals():
            self.is_now(ticket, "draft")

    def requests(self):
        step(2, "A minute to think again, then the owners are asked")
        say("Until send_delay (60 s) is over, \"withdraw\" stops a question. The clock moves on "
            "by a minute.")
        print()
        self.desk.go(MINUTE)
        self.desk.wait_mail(kind="batch")
        until(lambda: len(self.desk.mails(kind="request")) == 3, "three requests")
        fresh = self.new_mails()
        same("mails to owners", sorted(m.kind for m in fresh), ["batch"] + ["request"] * 3)
        for mail in fresh:
            show(mail)
        self.licences, self.firewall, self.backup = (
            next(m for m in fresh if m.kind == "request" and mark in m.subject)
            for mark in ("[T-1001]", "[T-1002]", "[T-1006]"))
        self.bulk = next(m for m in fresh if m.kind == "batch")

    def by_link(self):
        step(3, "Anna opens her link, reads, and presses a button")
        self.desk.go(7 * MINUTE)
        url = self.licences.link("Approve")
        print(f"  GET  {url}")
        page = self.desk.open(url)
        same("status of the page", page.status, 200)
        say(f"The page says \"{page.title}\". Opening it decided nothing:")
        self.is_now("T-1001", "sent")
        comment = "Please order before Friday."
        print(f"  POST {url.split('?')[0]}\n       decision=approve, comment=\"{comment}\"")
        done = self.desk.post(url, page, decision="approve", comment=comment)
        same("status of the answer", (done.status, "You approved this." in done.text), (200, True))
        self.is_now("T-1001", "approved", "link", comment)
        print("\nHer receipt, signed, and the note in the engineer's thread:\n")
        fresh = self.new_mails()
        same("mails after it", sorted(m.kind for m in fresh), ["outcome", "receipt"])
        for mail in sorted(fresh, key=lambda m: m.kind != "receipt"):
            show(mail)

    def by_reply(self):
        step(4, "Noor answers from her phone")
        self.desk.go(48 * MINUTE)
        words = "Approved, thanks\n\nSent from my phone"
        say("Her reply goes to the address that the question named, with the question quoted "
            "below, and her mail server's signature was found good by ours:")
        print("\n  > Approved, thanks\n")
        self.desk.answer(self.firewall, words)
        until(lambda: self.approvals()["T-1002"]["state"] != "sent", "the answer to count")
        shown = self.is_now("T-1002", "approved", "reply", self.approvals()["T-1002"]["comment"])
        print(textwrap.indent(textwrap.fill("evidence: " + shown["decision"]["evidence"]["vouched"],
                                            72), "  "))
        fresh = self.new_mails()
        same("mails after it", sorted(m.kind for m in fresh), ["outcome", "receipt"])
        mention(fresh)

    def by_lines(self):
        step(5, "Carla answers three questions in one mail")
        self.desk.go(3 * HOUR)
        lines = "1 yes\n2 no, too expensive\n3 ok"
        print(textwrap.indent(lines, "  > ") + "\n")
        self.desk.answer(self.bulk, lines)
        until(lambda: self.approvals()["T-1005"]["state"] != "sent", "the answer to count")
        self.is_now("T-1003", "approved", "reply", "")
        self.is_now("T-1004", "rejected", "reply", "too expensive")
        self.is_now("T-1005", "approved", "reply", "")
        fresh = self.new_mails()
        same("mails after it", sorted(m.kind for m in fresh), ["outcome"] * 3 + ["receipt"])
        mention(fresh)

    def silence(self):
        step(6, "One question waits: a reminder")
        say("Two working days pass without an answer to the question about the backup.")
        print()
        self.desk.go(2 * DAY)
        self.desk.wait_mail(kind="request", subject="Reminder")
        fresh = self.new_mails()
        same("mails after two days", [m.kind for m in fresh], ["request"])
        show(fresh[0])
        same("its link", fresh[0].link("Approve"), self.backup.link("Approve"))
    def climb(self):
        step(7, "Still silence: a rule takes it to a person, then the end")
        say("An owner who was reminded and keeps silent for 16 hours more is somebody's business: "
            "so says rules/approvals.yaml. A day later:")
        print()
        self.desk.go(DAY)
        packet = self.desk.wait_mail(kind="escalation")
        same("packets", self.packets("pending"), ["silent_owner"])
        fresh = self.new_mails()
        same("mails about it", [m.kind for m in fresh], ["escalation"])
        show(fresh[0])
        words = "resolved: called her office, she is away until December"
        print(f"  > {words}\n")
        self.desk.answer(packet, words)
        until(lambda: self.packets("resolved") == ["silent_owner"], "the packet to be resolved")
        print(ink("32", "  ok: the packet is resolved") + "\n", flush=True)
        mention(self.new_mails())
        say("Seven more working days, and the question expires. Silence is never taken as a yes.")
        print()
        self.desk.go(11 * DAY)
        until(lambda: self.approvals()["T-1006"]["state"] != "sent", "the question to expire")
        self.is_now("T-1006", "expired")
        fresh = self.new_mails()
        same("mails at the end", sorted(m.kind for m in fresh), ["closed", "outcome"])
        for mail in fresh:
            show(mail)
        late = self.desk.open(self.backup.link("Approve"))
        same("the old link", (late.status, "The time to answer is over." in late.text), (200, True))

    def table(self):
        """assent approval list as a narrow table."""
        row = "{:<7} {:<9} {:<6} {:<13} {:<40}"
        print(ink("1", "$ assent approval list"))
        print(row.format("TICKET", "STATE", "BY", "AT (UTC)", "TITLE").rstrip())
        for ticket, listed in sorted(self.approvals().items()):
            decision = self.desk.assent("approval", "show", listed["id"])["decision"] or {}
            at = (decision.get("at") or "")[5:16].replace("T", " ")
            print(row.format(ticket, listed["state"], decision.get("channel", "-"), at or "-",
                             listed["title"]).rstrip())

    def books(self):
        step(8, "What the books say")
        self.table()
        print("\n" + ink("1", "$ assent ledger verify"))
        done = self.desk.run("ledger", "verify")
        say(done.stdout + done.stderr)
        same("exit status", done.returncode, 0)
        print()
        self.desk.check_mails()
        same("letters set aside", self.desk.assent("inbound", "list", "--quarantined"), [])
        states = [a["state"] for a in self.approvals().values()]
        same("the outcomes", sorted(states), ["approved"] * 4 + ["expired", "rejected"])

    def everything(self):
        self.questions()
        self.requests()
        self.by_link()
        self.by_reply()
        self.by_lines()
        self.silence()
        self.climb()
        self.books()

    # --- for a person

    def yours(self):
        step(9, "Your turn")
        self.deliver("8-yours.eml")
        self.desk.go(MINUTE)
        mail = self.desk.wait_mail(kind="request", to=NOOR, subject="Tablets")
        self.new_mails()
        desk = self.desk
        here = os.path.relpath(desk.build)
        print(f"""
Noor is asked about tablets, and you are Noor. Open one of:

  {mail.link("Approve")}
  {mail.link("Reject")}

An answered one, and one that expired:

  {self.licences.link("Approve")}
  {self.backup.link("Approve")}

Maildir in:   {desk.folder}/inbox   (drop a mail into new/)
Maildir out:  {desk.folder}/outbox
Look around:  ASSENTD_CLOCK={desk.folder}/clock \\
              {desk.build if here.startswith('..') else here}/assent -c {desk.file} approval list

Mails that go out are shown here. Ctrl-C ends the demo and removes its folder.
""", flush=True)
        while desk.process.poll() is None:
            for mail in [m for m in desk.mails() if m.id not in self.seen]:
                self.seen.add(mail.id)
                show(mail)
            time.sleep(0.2)
        raise Failure("the daemon has ended")


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--build", default="build")
    a.add_argument("--auto", action="store_true", help="end after the last step")
    a = a.parse_args()
    width = str(min(100, shutil.get_terminal_size().columns))
    started = time.monotonic()
    try:
        with Desk(a.build, change=settings, environment={"COLUMNS": width}) as desk:
            say(f"assentd is up at {desk.url}, all its files are in {desk.folder}. "
                "Its clock says Monday, 16 November 2026, 10:00 in Berlin.")
            demo = Demo(desk)
            demo.everything()
            print(ink("1;32", f"Every step happened, in {time.monotonic() - started:.0f} s."))
            if not a.auto and sys.stdin.isatty() and PRETTY:
                demo.yours()
    except Failure as fault:
        print(f"\nThe demo failed: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nEnded; the folder is removed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
