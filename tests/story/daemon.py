"""A whole assentd in a temporary folder, and the people around it.

    with Desk(build) as desk:
        desk.mail(SAM, "Order", "ask: Shall we?", to=BOB, cc=AGENT)
        request = desk.wait_mail(to=ANNA, kind="request")
        desk.answer(request, "Approved, thanks")

Mail goes in and out through Maildirs, pages through HTTP, time through the
file that ASSENTD_CLOCK names. Nothing here sleeps for a fixed time: every wait
is for a condition and has a limit. Where a block fails, the daemon's log is
printed.
"""
import argparse
import calendar
import collections
import email
import email.policy
import email.utils
import html.parser
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse

from ports import free_port

AGENT = "approvals@brightdesk.example"
HOST = "mx.brightdesk.example"
SAM = "Sam Okafor <sam@brightdesk.example>"
LENA = "Lena Vogt <lena@brightdesk.example>"
ANNA = "Anna Lindqvist <anna.lindqvist@northwind-tools.example>"
BOB = "Bob Hansen <bob.hansen@northwind-tools.example>"
MARCO = "Marco Rossi <marco.rossi@harbour-foods.example>"
CARLA = "Carla Conti <carla.conti@harbour-foods.example>"
MONDAY = calendar.timegm((2026, 11, 16, 9, 0, 0)) * 1000
SECOND, MINUTE, HOUR, DAY = 1000, 60000, 3600000, 86400000
LIMIT = 30


class Failure(AssertionError):
    pass


def address(person):
    return email.utils.parseaddr(person)[1].lower()


def until(condition, what, limit=LIMIT):
    """The first true value of condition(), asked again and again."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {limit} s for {what}")
        time.sleep(0.02)


def same(what, got, wanted):
    if got != wanted:
        raise Failure(f"{what}: {got!r}, expected {wanted!r}")


def holds(what, text, *words):
    for word in words:
        if word not in " ".join(text.split()) and word not in text:
            raise Failure(f"{what} does not say {word!r}:\n{text}")


# --- what comes out ----------------------------------------------------------


class Mail:
    """One mail that the desk sent."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as f:
            self.raw = f.read()
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)
        self.id = self.message["Message-ID"].strip()
        self.to = address(str(self.message["To"]))
        self.subject = str(self.message["Subject"])
        self.text = self.message.get_body(("plain",)).get_content()
        body = self.message.get_body(("html",))
        self.html = body.get_content() if body else ""
        self.kind = None

    def header(self, name):
        return " ".join(str(self.message[name] or "").split())

    def links(self):
        """Every page that the text names, in order: [(what, url)], as "Approve" or "Reject 2"."""
        return [(" ".join(w.split()).rstrip(":"), u) for w, u in
                re.findall(r"(\w+(?: \d+)?):\s+(https?://\S+|mailto:\S+)", self.text)]

    def link(self, what):
        for name, url in self.links():
            if name == what:
                return url
        raise Failure(f"no link {what!r} in the mail to {self.to}:\n{self.text}")


class _Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.fields, self.addresses, self.title, self.words = {}, [], "", []
        self.inside = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.inside = tag
        if tag == "input" and attrs.get("type") == "hidden":
            self.fields[attrs["name"]] = attrs.get("value", "")
        for name in ("href", "src", "action", "formaction", "data", "poster", "srcset", "ping"):
            if attrs.get(name):
                self.addresses.append(attrs[name])

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside not in ("style", "script", "title"):
            self.words.append(data)
        if self.inside == "title":
            self.title += data


def addresses_in(text):
    forms = _Forms()
    forms.feed(text)
    return forms.addresses


class Page:
    """The answer to one HTTP request."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.html = body.decode("utf-8", "replace")
        forms = _Forms()
        forms.feed(self.html)
        self.fields, self.title, self.addresses = forms.fields, forms.title, forms.addresses
        self.text = " ".join(" ".join(forms.words).split())


def fetch(method, url, body=None, headers=None, limit=LIMIT):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=limit)
    path = parts.path + ("?" + parts.query if parts.query else "")
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Page(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def form(page, **fields):
    """What a browser would post: the page's hidden fields and what the person gave."""
    return urllib.parse.urlencode({**page.fields, **fields}).encode()


FORM = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Mozilla/5.0 (story)"}


# --- settings ------------------------------------------------------------------


def yaml(value, depth=0):
    """Settings as YAML; texts are quoted the JSON way, which YAML reads."""
    pad = "  " * depth
    if isinstance(value, dict):
        out = ""
        for key, inner in value.items():
            nested = isinstance(inner, (dict, list)) and inner
            out += f"{pad}{key}:" + ("\n" + yaml(inner, depth + 1) if nested
                                     else f" {json.dumps(inner)}\n")
        return out
    out = ""
    for item in value:
        if isinstance(item, dict):
            lines = yaml(item, depth + 1)
            out += pad + "- " + lines[len(pad) + 2:]
        else:
            out += f"{pad}- {json.dumps(item)}\n"
    return out


def site(folder, port, public=True):
    return {
        "agent": {"email": AGENT, "name": "Brightdesk approvals"},
        "mailboxes": [{"name": "inbox", "maildir": folder + "/inbox"}],
        "outgoing": {"maildir": folder + "/outbox"},
        "organisations": [
            {"key": "northwind", "name": "Northwind Tools", "owner": address(ANNA),
             "owner_name": "Anna Lindqvist", "domains": ["northwind-tools.example"],
             "zone": "Europe/Stockholm"},
            {"key": "harbour", "name": "Harbour Foods", "owner": address(CARLA),
             "owner_name": "Carla Conti", "domains": ["harbour-foods.example"],
             "zone": "Europe/Rome"},
        ],
        "staff": [
            {"email": address(SAM), "name": "Sam Okafor", "team": "Service desk"},
            {"email": address(LENA), "name": "Lena Vogt", "team": "Service desk"},
        ],
        "trust": {"source": "authserv-id", "hosts": [HOST]},
        "http": {"public_url": f"http://127.0.0.1:{port}" if public else "",
                 "listen": [f"127.0.0.1:{port}"]},
        "zone": "Europe/Berlin",
        "state_dir": folder + "/state",
        "run_dir": folder + "/run",
        "min_free": "1MiB",
    }


# --- the desk ------------------------------------------------------------------


class Desk:
    def __init__(self, build, public=True, change=None, started=True, environment=None, folder=None,
                 outgoing=None, mailboxes=None):
        """change(settings) edits the settings; outgoing, mailboxes take the place of a section."""
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix="assent-", dir=folder)
        self.file = self.folder + "/assentd.yaml"
        self.log_file = self.folder + "/assentd.log"
        self.process = None
        self.letters = 0
        self.read = {}
        self.environment = environment or {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.shift, self.jump, self.synchronised = 0, MONDAY - int(time.time() * 1000), 1
        self.believed = self.jump
        self._write_clock()
        for box in ("inbox", "outbox"):
            for part in ("tmp", "new", "cur"):
                os.makedirs(f"{self.folder}/{box}/{part}")
        made = self.run("init", "--dir", self.folder)
        if made.returncode:
            shutil.rmtree(self.folder)
            raise Failure("assent init: " + made.stdout + made.stderr)
        self.settings = site(self.folder, self.port, public)
        if outgoing:
            self.settings["outgoing"] = dict(outgoing)
        if mailboxes:
            self.settings["mailboxes"] = list(mailboxes)
        if change:
            change(self.settings)
        self.write_settings()
        if started:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.end()
        if (kind and kind is not KeyboardInterrupt) or status:
            print(f"--- the daemon's log\n{self.log()[-6000:]}---", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        if status and not kind:
            raise Failure(f"the daemon ended with {status}")

    def end(self):
        """Stop what runs; how it ended, 0 for well."""
        if not self.process:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "SIGKILL, because it did not end by itself"

    def close(self):
        """Stop what runs and remove the folder, for who does not use `with`."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the programs

    def _environment(self, **more):
        return {**os.environ, "ASSENTD_CLOCK": self.folder + "/clock", "TZ": "Europe/Berlin",
                **self.environment, **more}

    def write_settings(self):
        with open(self.file, "w", encoding="utf-8") as f:
            f.write(yaml(self.settings))

    def log(self):
        try:
            with open(self.log_file, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def spawn(self, **environment):
        self.log_from = len(self.log())
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([self.build + "/assentd", "-c", self.file],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self._environment(**environment))

    def start(self, **environment):
        """Start, and wait until it is ready; False when it ended instead."""
        self.spawn(**environment)
        until(lambda: self.process.poll() is not None or self.said("ready "), "the daemon to start")
        return self.process.poll() is None

    def said(self, words):
        """Does the log of this start hold the words?"""
        return words in self.log()[self.log_from:]

    def wait_said(self, words):
        until(lambda: self.said(words), f"the log to say {words!r}")

    def stop(self):
        self.process.terminate()
        status = self.process.wait(20)
        self.process = None
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def reload(self):
        before = self.log().count("reloaded")
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.log().count("reloaded") > before, "the settings to be read again")

    def run(self, *words, given=None):
        """assent, as a finished process."""
        return subprocess.run([self.build + "/assent", "-c", self.file, *words], timeout=60,
                              input=given, capture_output=True, text=True,
                              env=self._environment(), check=False)

    def assent(self, *words, status=0):
        """The JSON that assent prints."""
        done = self.run("--json", *words)
        if done.returncode != status:
            raise Failure(f"assent {' '.join(words)} ended with {done.returncode}:\n"
                          f"{done.stdout}{done.stderr}")
        if words == ("clock", "accept"):
            self.believed = self.jump
        return json.loads(done.stdout or done.stderr or "null")

    # --- time

    def _write_clock(self):
        with open(self.folder + "/clock.new", "w", encoding="ascii") as f:
            f.write(f"{self.shift} {self.jump} {self.synchronised}\n")
        os.rename(self.folder + "/clock.new", self.folder + "/clock")

    def now(self):
        return int(time.time() * 1000) + self.shift + self.jump

    def go(self, span):
        """Time passes."""
        self.shift += span
        self._write_clock()

    def go_to(self, when):
        self.go(max(0, when - self.now()))

    def set_clock(self, jump, synchronised):
        """Somebody sets the wall clock; no time passes."""
        self.jump += jump
        self.synchronised = synchronised
        if synchronised:
            self.believed = self.jump
        self._write_clock()

    # --- mail in

    def drop(self, raw):
        """Deliver as a mail system does; the name of the file."""
        self.letters += 1
        name = f"{self.letters:06d}.{os.getpid()}.story"
        with open(f"{self.folder}/inbox/tmp/{name}", "wb") as f:
            f.write(raw)
        os.rename(f"{self.folder}/inbox/tmp/{name}", f"{self.folder}/inbox/new/{name}")
        return name

    def letter(self, sender, subject, body, to=AGENT, cc=None, vouched="pass", above=None, **fields):
        """Bytes of a mail. vouched: pass, fail or None; above: other lines on top of it."""
        self.letters += 1
        lines = list(above or [])
        if vouched:
            domain = address(sender).split("@")[1]
            lines.append(f"Authentication-Results: {HOST}; dkim={vouched} header.d={domain}")
        date = email.utils.formatdate(self.now() / 1000, usegmt=True)
        lines += [f"Received: from mail.example by {HOST}; {date}", f"From: {sender}", f"To: {to}"]
        if cc:
            lines.append(f"Cc: {cc}")
        fields.setdefault("Message_ID", f"<story-{self.letters}-{address(sender)}>")
        lines += [f"Subject: {subject}", f"Date: {date}", "MIME-Version: 1.0",
                  "Content-Type: text/plain; charset=utf-8"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n") + "\r\n").encode()

    def mail(self, sender, subject, body, **fields):
        raw = self.letter(sender, subject, body, **fields)
        self.drop(raw)
        return raw

    def answer(self, mail, words, sender=None, quote=True, **fields):
        """Reply as mail programs do: to Reply-To, with the whole mail quoted below."""
        if sender is None:
            sender = str(mail.message["To"])
        body = words
        if quote:
            body += (f"\n\nOn Mon, 16 Nov 2026 at 10:05, {mail.header('From')} wrote:\n" +
                     "".join(f"> {line}\n" for line in mail.text.splitlines()))
        fields.setdefault("to", mail.header("Reply-To") or mail.header("From"))
        fields.setdefault("In_Reply_To", mail.id)
        fields.setdefault("References", mail.id)
        fields.setdefault("subject", "Re: " + mail.subject)
        subject = fields.pop("subject")
        return self.mail(sender, subject, body, **fields)

    # --- mail out

    def mails(self, to=None, kind=None, subject=None, newer=()):
        """What went out, oldest first."""
        kinds = None
        for name in sorted(os.listdir(self.folder + "/outbox/new")):
            if name not in self.read:
                self.read[name] = Mail(f"{self.folder}/outbox/new/{name}")
        found = []
        for name in sorted(self.read):
            mail = self.read[name]
            if mail.kind is None:
                kinds = kinds or dict(self.rows("SELECT message_id, kind FROM outgoing"))
                mail.kind = kinds.get(mail.id.strip("<>"))
            if ((to is None or mail.to == address(to)) and (kind is None or mail.kind == kind) and
                    (subject is None or subject in mail.subject) and mail not in newer):
                found.append(mail)
        return found

    def wait_mail(self, count=1, limit=LIMIT, **wanted):
        """The count-th mail that fits."""
        what = ", ".join(f"{k}={v}" for k, v in wanted.items() if k != "newer")
        return until(lambda: (self.mails(**wanted) + [None] * count)[count - 1],
                     f"mail {count} with {what}", limit)

    # --- pages

    def open(self, url, method="GET", **headers):
        return fetch(method, url, headers={"User-Agent": FORM["User-Agent"], **headers})

    def post(self, url, page, **fields):
        return fetch("POST", url, form(page, **fields), FORM)

    # --- the database, read beside the daemon

    def rows(self, sql, *values):
        path = self.settings["state_dir"] + "/assentd.db"
        db = sqlite3.connect(f"file:{urllib.parse.quote(path)}?mode=ro", uri=True, timeout=10)
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def one(self, sql, *values):
        found = self.rows(sql, *values)
        return found[0][0] if found else None

    def is_doubted(self):
        """Is the clock one that the daemon does not believe?"""
        return abs(self.jump - self.believed) > 10 * MINUTE

    def is_quiet(self):
        lanes = "lane <> 3" if self.is_doubted() else "1"  # what has its time rests
        return (not os.listdir(self.folder + "/inbox/new") and
                not self.one("SELECT (SELECT count(*) FROM job_leases) +"
                             f" (SELECT count(*) FROM job_due WHERE due <= ? AND {lanes}) +"
                             " (SELECT count(*) FROM inbound WHERE status = 'new')", self.now()))

    def quiet(self):
        """Until everything that can happen now has happened."""
        until(self.is_quiet, "the desk to come to rest")

    def states(self):
        return [r[0] for r in self.rows("SELECT state FROM approvals ORDER BY created, item, id")]

    def wait_states(self, *wanted):
        until(lambda: self.states() == list(wanted), f"approvals to be {wanted}, not "
              f"{self.states()}")

    def outcome(self):
        """What became of the newest letter, in the words that a person reads."""
        return self.rows("SELECT status || ': ' || outcome FROM inbound ORDER BY n DESC")[0][0]

    def dump(self, without=("clock_seen", "job_leases")):
        """Every row of every table, but for the place where rules go on."""
        names = [r[0] for r in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {n: sorted(repr(row) for row in self.rows(f'SELECT * FROM "{n}"')
                          if row[0] != "rules.seen") for n in names if n not in without}

    def world(self):
        """What happened, without ids and times: equal for two runs that came to the same."""
        def all_of(sql):
            return sorted(map(list, self.rows(sql)), key=repr)
        return {
            "letters": all_of("SELECT subject, status, outcome FROM inbound"),
            "tickets": all_of("SELECT ref, title, status, engineer_email FROM tickets"),
            "messages": all_of("SELECT t.ref, m.message_id, m.own FROM messages m"
                               " JOIN tickets t ON t.id = m.ticket"),
            "approvals": all_of("SELECT t.ref, a.item, a.state, a.question, a.comment FROM"
                                " approvals a JOIN tickets t ON t.id = a.ticket"),
            "ballots": all_of("SELECT person_email, status, approve, channel, comment, generation,"
                              " unclear FROM ballots"),
            "tokens": all_of("SELECT purpose, generation, open FROM tokens"),
            "events": all_of("SELECT t.ref, e.kind, e.actor, e.before, e.after FROM events e LEFT"
                             " JOIN tickets t ON t.id = e.ticket"),
            "outgoing": all_of("SELECT kind, to_email, status FROM outgoing"),
            "ledger": all_of("SELECT kind FROM ledger"),
            "mails": sorted([m.to, m.kind, m.subject] for m in self.mails()),
        }

    def _queued(self, more=""):
        return {r[0] for r in self.rows("SELECT message_id FROM outgoing"
                                        " WHERE status NOT IN ('dropped', 'gathering')"
                                        " AND digest IS NULL" + more)}

    def check_mails(self):
        """Each mail that was queued lies in the outbox once."""
        counts = collections.Counter(m.id.strip("<>") for m in self.mails())
        same("mails in the outbox twice", [i for i, n in counts.items() if n > 1], [])
        queued, due = self._queued(), self._queued(" AND escalation IS NULL")  # rules' own may wait
        same("mails that are missing", sorted(due - set(counts)), [])
        same("mails that nobody queued", sorted(set(counts) - queued), [])

    def check_ledger(self):
        done = self.run("ledger", "verify")
        if done.returncode:
            raise Failure("ledger verify: " + done.stdout + done.stderr)

    # --- usual beginnings

    def ask(self, question="Shall we order it?", body=None, subject="Twelve more licences"):
        """An engineer asks, the delay passes; the request to Anna."""
        before = self.mails(kind="request")
        body = body or ("Bob needs twelve more CAD licences by Friday. They cost 4,800 EUR a "
                        "year.")
        self.mail(SAM, subject, f"{body}\n\nask: {question}", to=BOB, cc=AGENT)
        self.quiet()
        self.go(MINUTE)
        return self.wait_mail(kind="request", newer=before)

    def ask_many(self, *titles):
        """Tickets of Carla's people, asked in one mail."""
        first = (self.one("SELECT coalesce(max(ref), 1000) FROM tickets")) + 1
        for i, title in enumerate(titles):
            self.mail(LENA, title, f"Marco asked for this. It costs {200 + 50 * i} EUR.", to=MARCO,
                      cc=AGENT)
            self.quiet()
        names = ", ".join(f"T-{first + i}" for i in range(len(titles)))
        self.mail(LENA, "Please", f"bulk: {names}")
        self.quiet()
        self.go(MINUTE)
        return self.wait_mail(kind="batch", to=CARLA)


# --- running stories -------------------------------------------------------------


def arguments():
    a = argparse.ArgumentParser()
    a.add_argument("--build", default="build")
    a.add_argument("only", nargs="*", help="words of the stories to run")
    return a.parse_args()


def story(*, desk=True, **options):
    """Mark a function as a story; it gets a Desk of its own, or the build folder."""
    def mark(function):
        function.story = (desk, options)
        return function
    return mark


def _tell(function, build):
    with_desk, options = function.story
    if not with_desk:
        return function(build)
    with Desk(build, **options) as desk:
        return function(desk)


def main(names):
    """Run what was marked; the exit status."""
    a = arguments()
    passed = failed = 0
    for function in [f for f in names.values() if hasattr(f, "story")]:
        name = function.__name__.replace("_", " ")
        if a.only and not any(word in name for word in a.only):
            continue
        start = time.monotonic()
        try:
            reason = _tell(function, a.build)
        except Exception as fault:  # pylint: disable=broad-except
            if not isinstance(fault, Failure):
                traceback.print_exc()
            print(f"FAIL {name}: {fault}", flush=True)
            failed += 1
            continue
        passed += 1
        took = time.monotonic() - start
        print(f"left out: {name}: {reason}" if reason else f"ok   {name} ({took:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
