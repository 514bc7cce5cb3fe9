#!/usr/bin/python3
"""Robots that answer robots: two desks against each other, and desks among auto-responders.

Mail between them goes through a Post, which stamps it as a receiving server does. Where
its marks are taken off on the way (as gateways do that "clean" mail) and each Message-ID
is new, nothing but the limits of OPERATING.md ends a loop.
"""
import contextlib
import email
import email.policy
import email.utils
import os
import sys

from daemon import (AGENT, ANNA, BOB, DAY, HOST, HOUR, MINUTE, SAM, Desk, Failure, address, holds,
                    main, same, story)

OTHER = "approvals@otherdesk.example"
OTTO = "Otto Ohm <otto@otherdesk.example>"
MARKS = ("auto-submitted", "x-auto-response-suppress", "x-assentd-loop", "precedence")
TICKET_HOUR = 30  # of include/assent/flow/notice.h


def domain_of(who):
    return who.split("@")[1]


class Robot:
    """Answers every mail, each time under a new Message-ID."""

    def __init__(self, body, fields=None, quote=False, subject="Re: {}", to=("Reply-To", "From")):
        self.body, self.fields, self.quote, self.subject = body, fields or {}, quote, subject
        self.to, self.count = to, 0

    def answer(self, who, mail):
        """(recipient, bytes) to the sender of mail."""
        self.count += 1
        body = self.body
        if self.quote:
            text = mail.get_body(("plain",)).get_content()
            body += "\n\nOn Mon, 16 Nov 2026, the desk wrote:\n" + "".join(
                f"> {line}\n" for line in text.splitlines())
        to = next(address(str(mail[name])) for name in self.to if mail[name])
        fields = {"From": who, "To": to, "Subject": self.subject.format(mail["Subject"]),
                  "Date": str(mail["Date"]), "Message-ID": f"<{self.count}.robot-{address(who)}>",
                  "In-Reply-To": str(mail["Message-ID"]), "MIME-Version": "1.0",
                  "Content-Type": "text/plain; charset=utf-8", **self.fields}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return to, (head + "\r\n" + body.replace("\n", "\r\n") + "\r\n").encode()


class Post:
    """Carries what desks send to each other and to robots ({address: Robot})."""

    def __init__(self, desks, robots=None, strips=False):
        self.desks, self.strips, self.seen, self.carried = desks, strips, set(), 0
        self.robots = {address(who): (who, robot) for who, robot in (robots or {}).items()}
        self.delivered = {id(desk): desk.letters for desk in desks}

    def desk_at(self, recipient):
        local, _, domain = recipient.partition("@")
        plain = f"{local.split('+')[0]}@{domain}"
        return next((d for d in self.desks if d.settings["agent"]["email"] == plain), None)

    def deliver(self, recipient, raw):
        desk = self.desk_at(recipient)
        if not desk:
            return
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        if self.strips:
            lines = [line for line in lines if line.split(":")[0].lower() not in MARKS]
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        domain = domain_of(address(str(mail["From"])))
        top = [f"Return-Path: <bounces@{domain}>", f"Delivered-To: {recipient}",
               f"Authentication-Results: {HOST}; dkim=pass header.d={domain}",
               f"Received: from mail.{domain} by {HOST}; Mon, 16 Nov 2026 09:00:00 +0000"]
        if self.strips:
            lines = [f"Message-ID: <{self.carried}.post@{domain}>" if
                     line.lower().startswith("message-id:") else line for line in lines]
        desk.drop("\r\n".join(top + lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body)

    def carry(self):
        """Everything that lies in the outboxes; how many mails that were."""
        count = 0
        for desk in self.desks:
            folder = desk.folder + "/outbox/new"
            for name in sorted(os.listdir(folder)):
                if (folder, name) in self.seen:
                    continue
                self.seen.add((folder, name))
                with open(f"{folder}/{name}", "rb") as f:
                    raw = f.read()
                mail = email.message_from_bytes(raw, policy=email.policy.default)
                envelope, recipient = address(str(mail["Return-Path"])), str(mail["Delivered-To"])
                raw = raw.split(b"\n", 2)[2].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                count += 1
                self.carried += 1
                if recipient in self.robots:
                    who, robot = self.robots[recipient]
                    to, answer = robot.answer(who, mail)
                    self.deliver(envelope if robot.to == ("envelope",) else to, answer)
                else:
                    self.deliver(recipient, raw)
        return count

    def until_quiet(self, most):
        """Minutes pass until nothing is written any more; how many mails it took."""
        count = rests = 0
        for _ in range(600):
            for desk in self.desks:
                desk.quiet()
            moved = self.carry()
            count += moved
            rests = 0 if moved else rests + 1
            if rests == 2:
                return count
            if count > most:
                raise Failure(f"{count} mails, and no end: " + kinds(self.desks))
            for desk in self.desks:
                desk.go(MINUTE)
        raise Failure("it never became quiet: " + kinds(self.desks))

    def until_the_end(self, most):
        """Until the deadline of every question is long over."""
        count = self.until_quiet(most)
        for days in (2, 6, 40):
            for desk in self.desks:
                desk.go(days * DAY)
            count += self.until_quiet(most - count)
        return count


def kinds(desks):
    return "; ".join(str(desk.rows("SELECT kind, to_email, status, count(*) FROM outgoing"
                                   " GROUP BY 1, 2, 3")) for desk in desks)


def withheld_to(desk):
    return {r[0] for r in desk.rows("SELECT to_email FROM outgoing WHERE status = 'dropped' AND"
                                    " last_error LIKE 'withheld%'")}


def nothing_is_lost(desk, robots):
    """Each letter was settled, only robots were kept waiting, and people get on as always."""
    same("letters", desk.one("SELECT count(*) FROM inbound WHERE status IN ('done', 'filed')"),
         desk.one("SELECT count(*) FROM inbound"))
    same("set aside", desk.one("SELECT count(*) FROM inbound WHERE status = 'quarantined'"), 0)
    if not withheld_to(desk) <= {address(r) for r in robots}:
        raise Failure(f"withheld from people: {withheld_to(desk)}")
    if withheld_to(desk):
        holds("the events", str(desk.rows("SELECT kind, before FROM events")), "mail.withheld")
        holds("the log", desk.log(), "mail.withheld to=")
    desk.check_mails()
    desk.check_ledger()


def people_get_on(desk):
    request = desk.ask("May we order it?", subject="After the storm")
    desk.answer(request, "approved")
    desk.quiet()
    same("after the storm", desk.states()[-1], "approved")
    desk.wait_mail(to=ANNA, kind="receipt")


@contextlib.contextmanager
def two_desks(build, change_one=None, change_two=None):
    """(brightdesk, otherdesk)"""
    def other(settings):
        settings["agent"] = {"email": OTHER, "name": "The other desk"}
        settings["organisations"] = [{"key": "bright", "name": "Brightdesk", "owner": AGENT,
                                      "owner_name": "Desk", "domains": ["brightdesk.example"]}]
        settings["staff"] = [{"email": address(OTTO), "name": "Otto Ohm", "team": "Other"}]
        if change_two:
            change_two(settings)

    with Desk(build, change=change_one) as one, Desk(build, change=other) as two:
        yield one, two


def is_owner_here(settings):
    settings["organisations"].append(
        {"key": "other", "name": "Otherdesk", "owner": OTHER, "owner_name": "The other desk",
         "domains": ["otherdesk.example"]})


def is_staff_here(agent):
    def change(settings):
        settings["staff"].append({"email": agent, "name": "A desk", "team": "Robots"})
        if agent == AGENT:
            settings["organisations"] = [
                {"key": "acme", "name": "Acme", "owner": "ann@acme.example", "owner_name": "Ann",
                 "domains": ["acme.example"]}]
    return change


# --- two desks --------------------------------------------------------------------------


PACKETS = 16  # mails to Sam and Otto about questions that nobody answers: a rule that ships


def each_owns_a_customer_of_the_other(build, strips, most):
    with two_desks(build, is_owner_here) as (one, two):
        post = Post([one, two], strips=strips)
        one.mail(SAM, "A laptop", "It costs 900 EUR.\n\nask: Shall we order it?", to=OTTO, cc=AGENT)
        two.mail(OTTO, "A printer", "It costs 300 EUR.\n\nask: Shall we order it?", to=SAM,
                 cc=OTHER)
        count = post.until_the_end(most)
        for desk, robot in ((one, OTHER), (two, AGENT)):
            same("what was decided", [s for s in desk.states() if s != "expired"], [])
            nothing_is_lost(desk, [robot])
        people_get_on(one)
        return count


@story(desk=False)
def two_desks_that_own_each_others_customers_fall_silent(build):
    each_owns_a_customer_of_the_other(build, False, 14 + PACKETS)


@story(desk=False)
def so_they_do_where_every_mark_and_id_is_lost_on_the_way(build):
    each_owns_a_customer_of_the_other(build, True, 24 + PACKETS)


def each_is_staff_of_the_other(build, strips, most):
    with two_desks(build, is_staff_here(OTHER), is_staff_here(AGENT)) as (one, two):
        post = Post([one, two], strips=strips)
        one.drop(Robot("status\nnonsense: 7").answer(OTHER, fake_mail(AGENT))[1].replace(
            b"From:", f"Authentication-Results: {HOST}; dkim=pass header.d=otherdesk.example\r\n"
            f"Received: from m by {HOST}; Mon, 16 Nov 2026 09:00:00 +0000\r\nFrom:".encode(), 1))
        one.mail(OTHER, "A laptop", "It costs 900 EUR.\n\nask: Shall we order it?", to=BOB, cc=AGENT)
        count = post.until_the_end(most)
        for desk, robot in ((one, OTHER), (two, AGENT)):
            same("what was decided", [s for s in desk.states() if s != "expired"], [])
            nothing_is_lost(desk, [robot])
        people_get_on(one)
        return count


def fake_mail(sender):
    mail = email.message.EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = sender, "T-1001", "<first@x.example>"
    mail["Date"] = email.utils.formatdate(usegmt=True)
    return mail


@story(desk=False)
def two_desks_that_are_each_others_engineers_fall_silent(build):
    each_is_staff_of_the_other(build, False, 10)


@story(desk=False)
def as_engineers_they_do_so_without_marks_too(build):
    each_is_staff_of_the_other(build, True, 16)


# --- auto-responders ------------------------------------------------------------------------

THANKS = "Thank you for your message. We have received it and will come back to you."
AWAY = "I am out of the office until 1 December. In urgent cases: approved.\n\nApproved"


def among(desk, robot, most, people=(ANNA, SAM, BOB)):
    """Everybody at this desk is this robot; (mails, states)."""
    post = Post([desk], {who: robot for who in people})
    desk.mail(SAM, "A laptop", "It costs 900 EUR.\n\nask: Shall we order it?", to=BOB, cc=AGENT)
    count = post.until_quiet(most)
    states = desk.states()
    count += post.until_the_end(most - count)
    nothing_is_lost(desk, people)
    return count, states


MARKED = [
    {"Auto-Submitted": "auto-replied"},
    {"Auto-Submitted": "auto-generated"},
    {"Precedence": "bulk"},
    {"Precedence": "auto_reply"},
    {"X-Autoreply": "yes"},
    {"X-Auto-Response-Suppress": "All"},
    {"Return-Path": "<>"},
]


def marked(row, quote):
    def play(desk):
        robot = Robot(AWAY, row, quote)
        _, states = among(desk, robot, 8)
        same("while it answered", states, ["sent"])
        same("in the end", desk.states(), ["expired"])
        people_get_on(desk)
    play.__name__ = (f"a vacation robot that says approved decides nothing: {' '.join(*row.items())}"
                     f"{', quoting' if quote else ''}").replace(" ", "_")
    return story()(play)


for _n, _row in enumerate(MARKED):
    globals()[f"marked_{_n}"] = marked(_row, _n % 2 == 0)


@story()
def a_vacation_robot_known_by_its_subject_only_decides_nothing(desk):
    _, states = among(desk, Robot(AWAY, subject="Automatic reply: {}"), 8)
    same("while it answered", states, ["sent"])
    same("in the end", desk.states(), ["expired"])


@story()
def a_robot_that_answers_the_envelope_sender_decides_nothing(desk):
    robot = Robot(AWAY, {"Auto-Submitted": "auto-replied"}, to=("envelope",))
    robot.answer = answer_envelope(robot)
    _, states = among(desk, robot, 8)
    same("while it answered", states, ["sent"])


def answer_envelope(robot):
    plain = robot.answer

    def answer(who, mail):
        _, raw = plain(who, mail)
        return address(str(mail["Return-Path"])), raw
    robot.to = ("Reply-To", "From")
    return answer


@story()
def a_robot_without_any_mark_is_left_alone_after_a_few_mails(desk):
    count, states = among(desk, Robot(THANKS), 18 + PACKETS)
    same("while it answered", states, ["sent"])
    if count < 4:
        raise Failure(f"it was never answered: {count} mails")
    people_get_on(desk)


@story()
def a_robot_without_any_mark_that_quotes_us_is_left_alone_too(desk):
    _, states = among(desk, Robot(THANKS, quote=True), 18 + PACKETS)
    same("while it answered", states, ["sent"])
    people_get_on(desk)


@story()
def a_robot_in_an_engineers_name_that_commands_is_stopped_by_the_limits(desk):
    """Each answer is a transcript, so nothing but the limits ends it; people go on."""
    post = Post([desk], {SAM: Robot("status\nnonsense: 7")})
    desk.mail(SAM, "A laptop", "It costs 900 EUR.\n\nask: Shall we order it?", to=BOB, cc=AGENT)
    most = TICKET_HOUR + 10
    count = post.until_quiet(most)
    if count < TICKET_HOUR:
        raise Failure(f"it stopped before the limit: {count} mails")
    same("withheld from", withheld_to(desk), {address(SAM)})
    nothing_is_lost(desk, [SAM])
    same("the question", desk.states(), ["sent"])
    request = desk.mails(to=ANNA, kind="request")[0]
    desk.answer(request, "approved")
    desk.quiet()
    same("the question", desk.states(), ["approved"])
    desk.wait_mail(to=ANNA, kind="receipt")
    same("told on the ticket", desk.one("SELECT count(*) FROM events WHERE kind ="
                                        " 'mail.withheld' AND ticket IS NOT NULL"), 1)
    desk.go(2 * HOUR)
    post.until_quiet(most)


if __name__ == "__main__":
    sys.exit(main(globals()))
