"""Mail out by SMTP: a whole daemon against relays that behave and relays that do not."""
import contextlib
import email.utils
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))
from ca import Authority, self_signed  # pylint: disable=wrong-import-position
from bad_smtp import (Relay, answer, at, inject, name_of, no_recipient, renames)  # pylint: disable=wrong-import-position
from postfix import Postfix, Unavailable  # pylint: disable=wrong-import-position
from token_server import TokenServer  # pylint: disable=wrong-import-position
from daemon import (AGENT, ANNA, BOB, DAY, HOUR, MINUTE, SAM, SECOND, Failure, address,  # pylint: disable=wrong-import-position
                    holds, main, same, story, until)

PASSWORD = "correct horse"
CERTIFICATES = tempfile.TemporaryDirectory(prefix="assent-ca-")
_made = {}


def authority():
    if not _made:
        _made["ca"] = Authority(CERTIFICATES.name + "/ca")
    return _made["ca"]


@contextlib.contextmanager
def sending(desk, outgoing=None, change=None, **options):
    """The daemon, started with a relay that these options make; mails land in its outbox."""
    with Relay(keep=desk.folder + "/outbox", **options) as relay:
        desk.settings["outgoing"] = {"host": "localhost", "port": relay.port, "tls": "none",
                                     "auth": "none", "helo": "desk.example", "timeout": "20s",
                                     **(outgoing or {})}
        if change:
            change(desk.settings)
        write_password(desk, PASSWORD)
        desk.write_settings()
        if not desk.start():
            raise Failure("the daemon does not start")
        yield relay


def write_password(desk, words):
    with open(desk.folder + "/relay.password", "w", opener=lambda p, f: os.open(p, f, 0o600),
              encoding="ascii") as f:
        f.write(words + "\n")


LOGIN = {"auth": "password", "user": "desk", "password_file": "relay.password"}


def post(desk, kind="transcript"):
    """(status, last error) of the newest mail of this kind; a reminder is not meant."""
    found = desk.rows("SELECT o.status, o.last_error, coalesce(j.last_error, '') FROM outgoing o"
                      " LEFT JOIN jobs j ON j.kind = 'send' AND "
                      " replace(json_extract(j.payload, '$.outgoing'), '-', '') ="
                      " lower(hex(o.id)) WHERE o.kind = ? AND o.view NOT LIKE '%reminder%'"
                      " ORDER BY o.created DESC LIMIT 1", kind)
    return (found[0][0], found[0][1] or found[0][2]) if found else ("none", "")


def wait_post(desk, status, *words, kind="transcript"):
    try:
        until(lambda: post(desk, kind)[0] == status and
              all(w in post(desk, kind)[1] for w in words), f"a {kind} that is {status}", 20)
    except Failure as fault:
        raise Failure(f"{fault}: {post(desk, kind)}, expected {status}: {words}") from fault


def ask(desk, question="ask: Shall we order it?"):
    desk.mail(SAM, "Twelve more licences", f"They cost 4,800 EUR.\n\n{question}", to=BOB, cc=AGENT)


def mails_to(relay, person):
    return [mail for mail in relay.mails if mail[1] == address(person)]


def wait_arrived(desk, relay, count=1):
    until(lambda: len(relay.mails) >= count, f"{count} mails at the relay, not {len(relay.mails)}")


def wait_events(desk, kind):
    until(lambda: desk.rows("SELECT 1 FROM events WHERE kind = ?", kind), f"an event {kind}")


# --- whose fault it is -----------------------------------------------------------

# sentence, how the relay behaves, settings, status of the mail then, words of its last error
CASES = [
    ("a relay that hangs at the greeting is given up after the time that is set",
     {"act": at("CONNECT", "hang")}, {"timeout": "1s"}, "queued", "did not answer in time"),
    ("a relay that hangs after our greeting is given up",
     {"act": at("EHLO", "hang")}, {"timeout": "1s"}, "queued", "after our greeting"),
    ("a relay that hangs at the sender is given up",
     {"act": at("MAIL", "hang")}, {"timeout": "1s"}, "queued", "after the sender was named"),
    ("a relay that hangs at the recipient is given up",
     {"act": at("RCPT", "hang")}, {"timeout": "1s"}, "queued", "after the recipient was named"),
    ("a relay that hangs before the mail is given up",
     {"act": at("DATA", "hang")}, {"timeout": "1s"}, "queued", "before the whole mail was out"),
    ("a relay that hangs after the final dot leaves a doubt",
     {"act": at("END", "hang")}, {"timeout": "1s"}, "maybe", "perhaps it was sent"),
    ("a relay that sends a byte now and then does not hold us longer",
     {"act": at("CONNECT", "drip", "220 " + "x" * 500)}, {"timeout": "1s"}, "queued",
     "did not answer in time"),
    ("a relay that ends before its greeting is tried again",
     {"act": at("CONNECT", "vanish")}, {}, "queued", "no connection to the relay"),
    ("a relay that vanishes after the final dot leaves a doubt",
     {"act": at("END", "vanish")}, {}, "maybe", "perhaps it was sent"),
    ("a relay that vanishes at the recipient has got nothing",
     {"act": at("RCPT", "vanish")}, {}, "queued", "after the recipient was named"),
    ("a relay that is busy is asked later",
     {"act": answer("CONNECT", "421 4.3.2 too busy")}, {}, "queued", "try later: 421 4.3.2 too busy"),
    ("a relay that refuses us says so",
     {"act": answer("CONNECT", "554 no service for you")}, {}, "queued",
     "does not talk to us: 554 no service"),
    ("a relay that closes in the middle is asked later",
     {"act": answer("RCPT", "421 4.4.2 closing")}, {}, "queued", "421 4.4.2 closing"),
    ("a relay that is closing after the dot has not got the mail",
     {"act": answer("END", "421 4.4.2 closing")}, {}, "queued", "421 4.4.2 closing"),
    ("a recipient that is greylisted is tried later",
     {"act": answer("RCPT", "451 4.7.1 greylisted")}, {}, "queued", "451 4.7.1 greylisted"),
    ("a recipient that does not exist is final",
     {"act": answer("RCPT", "550 5.1.1 no such user")}, {}, "refused",
     "refuses the recipient sam@brightdesk.example: 550 5.1.1 no such user"),
    ("a mail that is refused after the dot is final",
     {"act": answer("END", "554 5.7.1 looks like spam")}, {}, "refused", "554 5.7.1 looks like spam"),
    ("a sender that is refused is our own trouble",
     {"act": answer("MAIL", "553 5.7.1 not owned by you")}, {}, "queued",
     "refuses the sender approvals+b-"),
    ("a sender that is refused with the recipient is our own trouble too",
     {"act": answer("RCPT", "553 5.7.1 <x>: Sender address rejected: not owned by user desk")}, {},
     "queued", "refuses the sender"),
    ("a relay that does not relay for us is our own trouble",
     {"act": answer("RCPT", "554 5.7.1 <x>: Relay access denied")}, {}, "queued",
     "Relay access denied"),
    ("an answer of many lines is told in one",
     {"act": answer("RCPT", "550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user")}, {}, "refused",
     "550 5.1.1 no such user"),
    ("an answer of endless length is cut",
     {"act": answer("RCPT", "550 5.1.1 " + "long " * 20000)}, {}, "refused", "550"),
    ("a relay without STARTTLS gets nothing where it is wanted",
     {}, {"tls": "starttls"}, "queued", "it does not offer STARTTLS"),
    ("a relay that refuses STARTTLS gets nothing",
     {"pair": True, "act": answer("STARTTLS", "454 4.7.0 not now")}, {"tls": "starttls"}, "queued",
     "454 4.7.0 not now"),
    ("what is put behind STARTTLS in clear is not believed",
     {"pair": True, "act": inject}, {"tls": "starttls", **LOGIN}, "queued", "relay localhost:"),
    ("a certificate for another name is refused",
     {"pair": "wrong_name"}, {"tls": "starttls", **LOGIN}, "queued", "is not to be trusted"),
    ("a certificate that has ended is refused",
     {"pair": "expired", "implicit": True}, {"tls": "implicit", **LOGIN}, "queued",
     "is not to be trusted"),
    ("a certificate of tomorrow is refused",
     {"pair": "early", "implicit": True}, {"tls": "implicit", **LOGIN}, "queued",
     "is not to be trusted"),
    ("a certificate that vouches for itself is refused",
     {"pair": "self"}, {"tls": "starttls", **LOGIN}, "queued", "is not to be trusted"),
    ("a certificate of an authority that is not ours is refused",
     {"pair": "unknown", "implicit": True}, {"tls": "implicit", **LOGIN}, "queued",
     "is not to be trusted"),
    ("TLS with a relay that speaks none ends at once",
     {}, {"tls": "implicit"}, "queued", "no encryption with the relay"),
    ("a wrong password is our own trouble",
     {"users": {"desk": "another"}}, LOGIN, "queued", "refuses the login desk: 535 5.7.8 wrong login"),
    ("a relay that offers no way to sign in gets nothing",
     {}, LOGIN, "queued", "offers no way to sign in"),
    ("a relay that repeats the password is not quoted",
     {"users": {"desk": "x"}, "act": answer("AUTH", f"535 not {PASSWORD}")}, LOGIN, "queued",
     "535 (its words are not shown"),
]

PAIRS = {True: lambda: authority().good(), "wrong_name": lambda: authority().wrong_name(),
         "expired": lambda: authority().expired(), "early": lambda: authority().early(),
         "self": lambda: self_signed(CERTIFICATES.name + "/self"),
         "unknown": lambda: Authority(CERTIFICATES.name + "/unknown").good()}


def case(row):
    name, options, settings, status, words = row

    def check(desk):
        given = dict(options)
        outgoing = dict(settings)
        if "pair" in given:
            given["pair"] = PAIRS[given["pair"]]()
            outgoing["ca_file"] = authority().path
        with sending(desk, outgoing, **given) as relay:
            ask(desk)
            wait_post(desk, status, words)
            same("mails at the relay", relay.mails, [])
            if outgoing.get("auth") and not given.get("users"):
                same("logins that were said", relay.heard("AUTH"), [])
            if PASSWORD in desk.log() or PASSWORD in str(desk.rows("SELECT * FROM outgoing")):
                raise Failure("the password was told")
            if status == "queued" and "act" in given and "tls" not in outgoing and not given.get("users"):
                relay.act = None
                desk.go(HOUR)
                wait_post(desk, "sent")
                same("mails at the relay then", len(mails_to(relay, SAM)), 1)
            if status == "maybe":
                relay.act = None
                desk.go(6 * MINUTE)
                wait_post(desk, "sent")
    check.__name__ = name.replace(" ", "_")
    return story(started=False)(check)


for _row in CASES:
    globals()[_row[0].replace(" ", "_")] = case(_row)


# --- mails and connections --------------------------------------------------------


@story(started=False)
def mails_go_out_over_one_kept_connection(desk):
    with sending(desk, {"connections": 1}) as relay:
        for n in range(3):
            ask(desk, f"ask: Shall we order {n}?")
            desk.quiet()
        wait_arrived(desk, relay, 3)
        same("connections", relay.connections, 1)
        sender, recipient, raw = relay.mails[0]
        same("recipient", recipient, address(SAM))
        holds("the sender", sender, "approvals+b-")
        same("greetings", relay.heard("EHLO"), ["EHLO desk.example"])
        if b"\r\n.\r\n" in raw or not raw.endswith(b"\r\n"):
            raise Failure("the mail was mended on its way")


@story(started=False)
def a_line_that_begins_with_a_dot_arrives_as_it_was(desk):
    with sending(desk) as relay:
        ask(desk, "ask: Shall we order it?\n\n.hidden\n..two\n.")
        wait_arrived(desk, relay, 1)
        desk.go(MINUTE)
        request = desk.wait_mail(kind="request")
        holds("the request", request.text, ".hidden", "..two")


@story(started=False)
def a_connection_that_the_relay_closed_meanwhile_costs_nothing(desk):
    with sending(desk, {"connections": 1}) as relay:
        ask(desk)
        wait_arrived(desk, relay, 1)
        desk.quiet()
        relay.drop()
        until(lambda: not relay.open, "the connection to end")
        ask(desk, "ask: Shall we order more?")
        wait_arrived(desk, relay, 2)
        desk.quiet()
        same("connections", relay.connections, 2)
        same("failures", post(desk), ("sent", ""))


@story(started=False)
def a_kept_connection_that_is_refused_with_421_is_replaced_at_once(desk):
    def tired(session, verb, _):
        return "421 4.4.2 too long idle" if verb == "MAIL" and session.mails else None
    with sending(desk, {"connections": 1}, act=tired) as relay:
        ask(desk)
        wait_arrived(desk, relay, 1)
        ask(desk, "ask: Shall we order more?")
        wait_arrived(desk, relay, 2)
        desk.quiet()
        same("connections", relay.connections, 2)
        same("its end", post(desk), ("sent", ""))


@story(started=False)
def four_connections_work_at_the_same_time(desk):
    """Each mail waits in DATA until all four are there."""
    waiting = set()

    def gather(session, verb, _):
        if verb == "354":
            waiting.add(session.number)
            until(lambda: len(waiting) >= 4, "four at once")
        return None
    with sending(desk, {"connections": 4}, act=gather) as relay:
        relay.act = answer("CONNECT", "421 not yet")
        for n in range(36):
            ask(desk, f"ask: Shall we order {n}?")
        desk.quiet()
        relay.act = gather
        desk.go(HOUR)
        until(lambda: len(mails_to(relay, SAM)) >= 36, "all mails")
        same("connections that brought mail", len(waiting), 4)


@story(started=False)
def over_TLS_and_STARTTLS_with_a_password_mail_goes_out(desk):
    with sending(desk, {"tls": "starttls", "ca_file": authority().path, **LOGIN},
                 pair=authority().good(), users={"desk": PASSWORD}) as relay:
        ask(desk)
        wait_arrived(desk, relay, 1)
        order = [v for _, v, _ in relay.said][:4]
        same("the order of what we said", order, ["EHLO", "STARTTLS", "EHLO", "AUTH"])
    desk.stop()
    with sending(desk, {"tls": "implicit", "ca_file": authority().path, **LOGIN},
                 pair=authority().good(), implicit=True, users={"desk": PASSWORD}) as relay:
        ask(desk, "ask: Shall we order more?")
        wait_arrived(desk, relay, 1)


@story(started=False)
def a_relay_that_knows_only_AUTH_LOGIN_is_served(desk):
    def login_only(session, verb, _):
        if verb == "EHLO":
            return "250-relay.example\r\n250 AUTH LOGIN"
        return None
    with sending(desk, LOGIN, act=login_only, users={"desk": PASSWORD}) as relay:
        ask(desk)
        wait_arrived(desk, relay, 1)
        same("how it signed in", relay.heard("AUTH")[0].split()[1], "LOGIN")


def with_tokens(desk, server):
    """Settings of a desk that signs in by itself and gets tokens from the server."""
    for name, words in (("credential.keys", None), ("robot.secret", "robot-secret\n")):
        if words is None:
            with open(desk.folder + "/site.keys", encoding="ascii") as f:
                words = f.read()
        with open(desk.folder + "/" + name, "w", encoding="ascii",
                  opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(words)
    desk.settings["keys"] = {"credential_key_file": "credential.keys"}
    desk.settings["credentials"] = [{"name": "robot", "grant": "client-credentials",
                                     "token_url": server.url + "/token", "client_id": "desk",
                                     "secret_file": "robot.secret", "scope": "mail"}]


@story(started=False)
def an_access_token_signs_in_and_one_that_is_refused_is_replaced(desk):
    users = {"desk": "access-token-1"}
    with TokenServer() as server:
        with_tokens(desk, server)
        with sending(desk, {"auth": "xoauth2", "user": "desk", "credential": "robot"},
                     users=users) as relay:
            ask(desk)
            desk.quiet()
            desk.go(2 * MINUTE)  # the mail may have been before the token
            wait_arrived(desk, relay, 1)
            same("how it signed in", {line.split()[1] for line in relay.heard("AUTH")},
                 {"XOAUTH2"})
            relay.users["desk"] = "access-token-2"
            relay.drop()
            ask(desk, "ask: Shall we order more?")
            until(lambda: server.issued >= 2, "a new token to be fetched")
            desk.quiet()
            desk.go(5 * MINUTE)
            wait_post(desk, "sent")
            if "access-token" in desk.log() or "access-token" in str(desk.rows(
                    "SELECT last_error FROM outgoing UNION SELECT last_error FROM jobs")):
                raise Failure("a token was told")


@story(started=False)
def a_password_that_is_put_right_is_used_after_a_reload(desk):
    with sending(desk, LOGIN, users={"desk": "the new one"}) as relay:
        ask(desk)
        wait_post(desk, "queued", "refuses the login")
        write_password(desk, "the new one")
        desk.reload()
        desk.go(HOUR)
        wait_arrived(desk, relay, 1)
        until(lambda: desk.said("mail goes out again"), "the log to say that it is well")


@story(started=False)
def a_relay_that_is_away_is_tried_by_few_and_told_once(desk):
    with sending(desk, act=at("CONNECT", "vanish")) as relay:
        for n in range(10):
            ask(desk, f"ask: Shall we order {n}?")
        desk.quiet()
        tries = relay.connections
        if tries > 8:
            raise Failure(f"{tries} tries for ten mails that came at once")
        same("how often it was told", desk.log().count("mail does not go out"), 1)
        relay.act = None
        desk.go(HOUR)
        until(lambda: len(mails_to(relay, SAM)) >= 10, "all mails")
        same("each once", len(set(mails_to(relay, SAM))), 10)


# --- addresses ---------------------------------------------------------------------

KATJA = "käthe@northwind-tools.example"


def with_umlaut(settings):
    settings["organisations"][0]["owner"] = KATJA
    settings["organisations"][0]["owner_name"] = "Käthe"


@story(started=False)
def an_address_beyond_ascii_goes_out_with_SMTPUTF8(desk):
    with sending(desk, change=with_umlaut) as relay:
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)
        until(lambda: any(r == KATJA for _, r, _ in relay.mails), "the request")
        said = [line for line in relay.heard("MAIL") if "SMTPUTF8" in line]
        same("mails with SMTPUTF8", len(said), 1)


@story(started=False)
def an_address_beyond_ascii_is_refused_where_the_relay_cannot_take_it(desk):
    with sending(desk, change=with_umlaut, offers=["8BITMIME"]) as relay:
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)
        wait_post(desk, "refused", "does not offer SMTPUTF8", kind="request")
        same("recipients that were said", [line for line in relay.heard("RCPT") if "k" in
                                           line.split("@")[0] and "northwind" in line], [])
        desk.wait_states("undeliverable")


# --- what becomes of the question -----------------------------------------------------


@story(started=False)
def a_refused_owner_makes_the_question_undeliverable_and_the_engineer_hears_why(desk):
    with sending(desk, act=no_recipient(address(ANNA))):
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)
        desk.wait_states("undeliverable")
        note = desk.wait_mail(to=SAM, kind="outcome")
        holds("the note", note.text, "550 5.1.1 no such user")
        same("notes", len(desk.mails(to=SAM, kind="outcome")), 1)
        same("counted as a bounce is", desk.rows("SELECT actor FROM events WHERE kind ="
                                                 " 'mail.bounced' AND ticket IS NOT NULL"),
             [(address(ANNA),)])


@story(started=False)
def a_mail_that_is_refused_after_the_dot_counts_as_a_failure_too(desk):
    def spam(session, verb, _):
        return "554 5.7.1 looks like spam" if verb == "END" and \
            session.recipient == address(ANNA) else None
    with sending(desk, act=spam):
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)
        desk.wait_states("undeliverable")
        same("events", len(desk.rows("SELECT 1 FROM events WHERE kind = 'mail.bounced'")), 1)


@story(started=False)
def an_answer_to_the_Message_ID_that_the_relay_made_finds_its_question(desk):
    with sending(desk, {"connections": 1}, act=renames) as relay:
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)
        request = desk.wait_mail(kind="request")
        index = [mail[1] for mail in relay.mails].index(address(ANNA))
        made = f"<{name_of(index)}@eu-central-1.amazonses.com>"
        for sender, vouched in ((BOB, "pass"), (ANNA, None)):
            desk.answer(request, "Approved", sender=sender, quote=False, to=AGENT, In_Reply_To=made,
                        References=made, vouched=vouched, subject="Re: Licences")
            desk.quiet()
            same("states", desk.states(), ["sent"])
            same("found", desk.one("SELECT count(*) FROM inbound WHERE ticket IS NOT NULL AND"
                                   " status = 'filed' AND lower(from_email) = ?", address(sender)), 1)
        desk.answer(request, "Approved", quote=False, to=AGENT, In_Reply_To=made, References=made,
                    subject="Re: Licences")
        desk.quiet()
        same("states", desk.states(), ["approved"])


@story(started=False)
def a_mail_that_waits_longer_than_its_lifetime_is_given_up(desk):
    later = no_recipient(address(ANNA), "451 4.3.0 mailbox is being moved")
    with sending(desk, {"lifetime": "2d"}, act=later):
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)
        wait_post(desk, "queued", "451 4.3.0", kind="request")
        for _ in range(3):
            desk.go(12 * HOUR)
            desk.quiet()
        same("after a day and a half", post(desk, "request")[0], "queued")
        same("the question", desk.states(), ["sent"])
        desk.go(DAY)
        desk.wait_states("undeliverable")
        holds("why", post(desk, "request")[1], "did not go out in time", "451 4.3.0")
        holds("the note", desk.wait_mail(to=SAM, kind="outcome").text, "451 4.3.0")


@story(started=False)
def a_second_doubt_stays_one_and_is_not_repeated_for_ever(desk):
    with sending(desk, act=at("END", "vanish")) as relay:
        ask(desk)
        wait_post(desk, "maybe")
        desk.quiet()
        tries = len(relay.heard("RCPT"))
        desk.go(6 * MINUTE)
        desk.quiet()
        desk.go(DAY)
        desk.quiet()
        same("tries of the mail", len([r for r in relay.heard("RCPT") if address(SAM) in r]),
             tries + 1)
        same("what is known", post(desk)[0], "maybe")


@story(started=False)
def no_more_than_so_many_mails_a_minute_go_to_one_domain(desk):
    with sending(desk, {"per_minute": 6}) as relay:
        for n in range(9):
            ask(desk, f"ask: Shall we order {n}?")
        desk.quiet()
        first = len(relay.mails)
        if not 1 <= first <= 6:
            raise Failure(f"{first} mails went out in the first minute")
        same("tries that the relay saw", len(relay.heard("MAIL")), first)
        for _ in range(60):
            desk.go(20 * SECOND)
            desk.quiet()
            if len({r for r in relay.mails if r[1] == address(SAM)}) >= 9:
                break
        else:
            raise Failure("the rest never went out")


# --- bounces --------------------------------------------------------------------------


def report(to, action="failed", status="5.1.1", words="550 no such user", recipient=None):
    return "\r\n".join([
        "Return-Path: <>", f"Delivered-To: {to}", "From: MAILER-DAEMON@mx.far.example",
        f"To: {to}", "Subject: Undelivered Mail", f"Message-ID: <{time.monotonic_ns()}@mx.far.example>",
        f"Date: {email.utils.formatdate()}", "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "",
        "--b", "Content-Type: text/plain", "", "Sorry. ok, approved", "",
        "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.far.example", "",
        f"Final-Recipient: rfc822; {recipient or 'somebody@forwarded.example'}", f"Action: {action}",
        f"Status: {status}", f"Diagnostic-Code: smtp; {words}", "", "--b--", ""]).encode()


def asked(desk, relay):
    """A question on its way to Anna; the envelope sender of its mail."""
    ask(desk)
    desk.quiet()
    desk.go(MINUTE)
    desk.wait_mail(kind="request")
    desk.quiet()
    return next(s for s, r, _ in relay.mails if r == address(ANNA))


@story(started=False)
def a_bounce_to_the_envelope_sender_makes_the_question_undeliverable(desk):
    """Whoever it names as recipient: the address says which mail it was."""
    with sending(desk) as relay:
        sender = asked(desk, relay)
        desk.drop(report(sender))
        desk.wait_states("undeliverable")
        desk.drop(report(sender.upper().replace("BRIGHTDESK.EXAMPLE", "brightdesk.example")))
        desk.quiet()
        notes = desk.mails(to=SAM, kind="outcome")
        same("notes", len(notes), 1)
        holds("the note", notes[0].text, "550 no such user")
        same("the mail", post(desk, "request")[0], "refused")


@story(started=False)
def a_delay_is_only_noted(desk):
    with sending(desk) as relay:
        sender = asked(desk, relay)
        desk.drop(report(sender, "delayed", "4.4.1", "no route yet"))
        wait_events(desk, "mail.delayed")
        desk.quiet()
        same("the question", desk.states(), ["sent"])
        same("mails to Sam", len(desk.mails(to=SAM, kind="outcome")), 0)


@story(started=False)
def a_made_up_bounce_address_is_nobodys(desk):
    with sending(desk) as relay:
        sender = asked(desk, relay)
        local, domain = sender.split("@")
        forged = local[:-1] + ("a" if local[-1] != "a" else "e") + "@" + domain
        desk.drop(report(forged))
        desk.quiet()
        same("the question", desk.states(), ["sent"])
        holds("its end", desk.outcome(), "filed")


@story(started=False)
def what_came_back_from_a_note_to_the_engineer_does_not_touch_the_question(desk):
    with sending(desk) as relay:
        asked(desk, relay)
        sender = next(s for s, r, _ in relay.mails if r == address(SAM))
        desk.drop(report(sender))
        wait_events(desk, "mail.bounced")
        desk.quiet()
        same("the question", desk.states(), ["sent"])


@story(started=False)
def an_answer_that_went_to_the_envelope_sender_is_taken(desk):
    with sending(desk) as relay:
        sender = asked(desk, relay)
        desk.answer(desk.wait_mail(kind="request"), "Approved, thanks", to=sender)
        desk.wait_states("approved")


@story(started=False)
def an_absence_note_to_the_envelope_sender_is_no_answer(desk):
    with sending(desk) as relay:
        sender = asked(desk, relay)
        desk.answer(desk.wait_mail(kind="request"), "Approved. I am away until Monday.", to=sender,
                    Auto_Submitted="auto-replied")
        wait_events(desk, "mail.automatic")
        desk.quiet()
        same("the question", desk.states(), ["sent"])


@story(started=False)
def words_from_nobody_to_the_envelope_sender_are_no_answer(desk):
    with sending(desk) as relay:
        sender = asked(desk, relay)
        desk.answer(desk.wait_mail(kind="request"), "Approved", to=sender, above=["Return-Path: <>"])
        desk.quiet()
        same("the question", desk.states(), ["sent"])


@story(started=False)
def without_verp_the_agents_own_address_sends(desk):
    with sending(desk, {"verp": False}) as relay:
        ask(desk)
        wait_arrived(desk, relay, 1)
        same("sender", relay.mails[0][0], AGENT)


# --- the end of the daemon --------------------------------------------------------------


@story(started=False)
def a_daemon_that_stops_while_the_relay_hangs_ends_in_time_and_loses_nothing(desk):
    with sending(desk, {"timeout": "5m"}, act=at("RCPT", "hang")) as relay:
        ask(desk)
        until(relay.hangs.is_set, "the relay to hang")
        began = time.monotonic()
        same("how it ended", desk.stop(), 0)
        if time.monotonic() - began > 9:
            raise Failure(f"it took {time.monotonic() - began:.1f} s")
        relay.act = None
        desk.start()
        desk.go(HOUR)
        wait_post(desk, "sent")
        same("mails at the relay", len(mails_to(relay, SAM)), 1)


@story(started=False)
def a_relay_that_does_not_say_goodbye_does_not_hold_up_the_end(desk):
    with sending(desk, act=at("QUIT", "hang")) as relay:
        ask(desk)
        wait_arrived(desk, relay, 1)
        desk.quiet()
        began = time.monotonic()
        same("how it ended", desk.stop(), 0)
        if time.monotonic() - began > 6:
            raise Failure(f"it took {time.monotonic() - began:.1f} s")


# --- a real relay ---------------------------------------------------------------------------


@contextlib.contextmanager
def through_postfix(desk, senders=None, **outgoing):
    """The daemon, started to send through a Postfix that knows it as "desk"."""
    with Postfix(pair=authority().good(), users={"desk": PASSWORD},
                 senders=senders or {"desk": AGENT}) as server:
        desk.settings["outgoing"] = {"host": "localhost", "port": server.port, "tls": "starttls",
                                     "ca_file": authority().path, **LOGIN, **outgoing}
        if outgoing.get("tls") == "implicit":
            desk.settings["outgoing"]["port"] = server.tls_port
        write_password(desk, PASSWORD)
        server.maildir("brightdesk.example")
        desk.write_settings()
        desk.start()
        try:
            yield server
        except Exception:
            print(f"--- Postfix\n{server.log()[-4000:]}---", file=sys.stderr)
            raise


def real(function):
    """A story that needs Postfix."""
    def check(desk):
        try:
            return function(desk)
        except Unavailable as reason:
            return str(reason)
    check.__name__ = function.__name__
    return story(started=False)(check)


def arrived(server, domain, person):
    return [raw for raw in server.mails(domain) if f"Delivered-To: {address(person)}".encode() in raw]


@real
def Postfix_takes_mail_over_STARTTLS_with_a_login(desk):
    with through_postfix(desk) as server:
        server.maildir("northwind-tools.example")
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)
        until(lambda: arrived(server, "northwind-tools.example", ANNA), "the request to arrive")
        raw = arrived(server, "northwind-tools.example", ANNA)[0].decode()
        holds("the mail", raw, "Return-Path: <approvals+b-", "with ESMTPSA")
        same("its Message-ID", desk.one("SELECT message_id FROM outgoing WHERE kind = 'request'")
             in raw, True)


@real
def Postfix_takes_mail_over_TLS(desk):
    with through_postfix(desk, tls="implicit") as server:
        ask(desk)
        until(lambda: arrived(server, "brightdesk.example", SAM), "the transcript to arrive")


@real
def a_sender_that_Postfix_does_not_allow_is_our_own_trouble(desk):
    """It says so only after the recipient was named, as it does by default."""
    with through_postfix(desk, senders={"somebody": AGENT}):
        ask(desk)
        wait_post(desk, "queued", "refuses the sender approvals+b-", "not owned by user desk")
        same("conditions in the log", desk.log().count("mail does not go out"), 1)


@real
def a_recipient_that_Postfix_does_not_know_makes_the_question_undeliverable(desk):
    with through_postfix(desk):
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)
        desk.wait_states("undeliverable")
        holds("why", post(desk, "request")[1], "refuses the recipient", "User unknown")


@real
def a_bounce_of_Postfix_finds_its_question(desk):
    """The mail system behind it refuses the mail, and Postfix writes a report to the sender."""
    with through_postfix(desk) as server, \
            Relay(act=answer("RCPT", "550 5.2.1 this mailbox is closed")) as behind:
        server.deliver_to("northwind-tools.example", "127.0.0.1", behind.port)
        ask(desk)
        desk.quiet()
        desk.go(MINUTE)

        def report_of():
            return [raw for raw in server.mails("brightdesk.example")
                    if b"Delivered-To: approvals+b-" in raw]
        until(report_of, "the report")
        same("what is known of the mail before", post(desk, "request"), ("sent", ""))
        desk.drop(report_of()[0])
        desk.wait_states("undeliverable")
        holds("why", post(desk, "request")[1], "this mailbox is closed")


@real
def a_relay_that_is_started_again_gets_what_waited(desk):
    with through_postfix(desk) as server:
        ask(desk)
        until(lambda: arrived(server, "brightdesk.example", SAM), "the first mail")
        desk.quiet()
        server.halt()
        ask(desk, "ask: Shall we order more?")
        wait_post(desk, "queued", "no connection to the relay")
        server.start()
        desk.go(HOUR)
        until(lambda: len(arrived(server, "brightdesk.example", SAM)) >= 2, "the second mail")


# --- a local mail program ------------------------------------------------------------------

PROGRAM = """#!/bin/sh
# A mail program that does what a file beside it says.
here=$(dirname "$0")
printf '%s\\n' "$*" >>"$here/said"
env >"$here/environment"
case "$(cat "$here/mode")" in
keep) cat >"$here/mail" ;;
nouser) cat >/dev/null; echo "no such user here" >&2; exit 67 ;;
later) cat >/dev/null; echo "try again" >&2; exit 75 ;;
deaf) exit 64 ;;
hang) exec sleep 600 ;;
esac
"""


@contextlib.contextmanager
def program(desk, mode, **outgoing):
    path = pathlib.Path(desk.folder) / "program" / "sendmail"
    path.parent.mkdir()
    path.write_text(PROGRAM)
    path.chmod(0o755)
    (path.parent / "mode").write_text(mode)
    desk.settings["outgoing"] = {"sendmail": str(path), **outgoing}
    desk.write_settings()
    desk.start()
    yield path.parent


@story(started=False)
def a_local_mail_program_gets_the_mail_and_nothing_else(desk):
    with program(desk, "keep") as folder:
        ask(desk)
        wait_post(desk, "sent")
        raw = (folder / "mail").read_bytes()
        if b"\r" in raw or not raw.startswith(b"From:") and b"\nFrom:" not in raw:
            raise Failure(f"the mail is not as such programs want it: {raw[:200]!r}")
        said = (folder / "said").read_text()
        holds("its arguments", said, "-i -f approvals+b-", f"-- {address(SAM)}")
        names = {line.split("=")[0] for line in (folder / "environment").read_text().splitlines()}
        same("its environment", names - {"PWD", "OLDPWD", "SHLVL", "_"}, {"PATH"})


@story(started=False)
def a_local_mail_program_says_for_whom_it_has_no_use(desk):
    with program(desk, "nouser") as folder:
        ask(desk)
        wait_post(desk, "refused", "no such user here", "status 67")
        (folder / "mode").write_text("later")
        ask(desk, "ask: Shall we order more?")
        wait_post(desk, "queued", "try again")
        (folder / "mode").write_text("deaf")
        ask(desk, "ask: Shall we order even more?")
        wait_post(desk, "queued", "status 64")


@story(started=False)
def a_local_mail_program_that_hangs_is_ended(desk):
    with program(desk, "hang", timeout="1s"):
        ask(desk)
        until(lambda: "did not end in time" in post(desk)[1], "its end")


if __name__ == "__main__":
    sys.exit(main(globals()))
