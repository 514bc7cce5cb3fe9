"""An SMTP relay on loopback that does what a test wants, well or badly.

    with Relay(keep=desk.folder + "/outbox", act=refuse("RCPT", "550 5.1.1 no")) as relay:
        relay.port
        relay.heard("MAIL")          # what clients said, in order
        relay.mails                  # [(sender, recipient, bytes)] that were accepted
        relay.connections            # how many there were
        relay.act = None             # from now on polite

act(session, verb, line) is asked before each answer. It returns the answer,
None for the usual one, or calls session.hang(), session.drip(text) or
session.vanish(). Verbs are CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA,
354 (the mail begins), END (its final dot came) and QUIT. Accepted mails are
written into the Maildir keep, if any, with the envelope on top.
"""
import base64
import os
import socket
import ssl
import threading


class Gone(Exception):
    pass


class Session:
    def __init__(self, relay, sock, number):
        self.relay, self.sock, self.number = relay, sock, number
        self.buffer, self.encrypted, self.signed_in = b"", False, False
        self.sender = self.recipient = None
        self.mails = 0

    # --- what a behaviour may do

    def send(self, text):
        self.sock.sendall(text.encode("utf-8", "surrogateescape") + b"\r\n")

    def hang(self):
        """Say nothing until the client has gone or the relay ends."""
        self.relay.hangs.set()
        self.sock.settimeout(0.1)
        while not self.relay.ended.is_set():
            try:
                if not self.sock.recv(65536):
                    break
            except (TimeoutError, socket.timeout):
                continue
            except OSError:
                break
        raise Gone

    def drip(self, text):
        """A byte now and then."""
        for byte in text.encode():
            if self.relay.ended.wait(0.2):
                break
            self.sock.sendall(bytes([byte]))
        raise Gone

    def vanish(self):
        raise Gone

    def encrypt(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.relay.pair.certificate, self.relay.pair.key)
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.encrypted = True

    # --- a conversation

    def line(self):
        while b"\n" not in self.buffer:
            got = self.sock.recv(65536)
            if not got:
                raise Gone
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "surrogateescape")

    def ask(self, verb, line, usual):
        act = self.relay.act
        answer = act(self, verb, line) if act else None
        answer = usual if answer is None else answer
        if answer:
            self.send(answer)
        return answer

    def offers(self):
        words = [self.relay.name, *self.relay.offers]
        if self.relay.pair and not self.encrypted:
            words.append("STARTTLS")
        if self.relay.users:
            words.append("AUTH PLAIN LOGIN XOAUTH2")
        return "\r\n".join(f"250{' ' if i == len(words) - 1 else '-'}{w}"
                           for i, w in enumerate(words))

    def run(self):
        if self.relay.implicit:
            self.encrypt()
        self.ask("CONNECT", "", f"220 {self.relay.name} ESMTP")
        while True:
            line = self.line()
            verb = line.split(" ")[0].split(":")[0].upper()
            self.relay.note(self.number, verb, line)
            getattr(self, "do_" + verb.lower(), self.do_other)(verb, line)

    def do_other(self, verb, line):
        self.ask(verb, line, "500 what?")

    def do_ehlo(self, verb, line):
        self.ask(verb, line, self.offers())

    def do_starttls(self, verb, line):
        answer = self.ask(verb, line, "220 go")
        if answer.startswith("220"):
            self.buffer = b""
            self.encrypt()

    def do_auth(self, verb, line):
        words = line.split(" ")
        kind, given = words[1].upper(), words[2] if len(words) > 2 else ""
        if kind == "LOGIN":
            name = self.challenge(given, "334 VXNlcm5hbWU6")
            ok = self.relay.users.get(name) == self.challenge("", "334 UGFzc3dvcmQ6")
        elif kind == "PLAIN":
            name, secret = self.challenge(given, "334 ").split("\0")[1:]
            ok = self.relay.users.get(name) == secret
        else:
            fields = dict(f.split("=", 1) for f in
                          self.challenge(given, "334 ").split("\x01") if "=" in f)
            ok = fields.get("auth") == "Bearer " + str(self.relay.users.get(fields.get("user")))
            if not ok:
                self.send("334 " + base64.b64encode(b'{"status":"401"}').decode())
                self.line()
        answer = self.ask(verb, line, "235 2.7.0 welcome" if ok else "535 5.7.8 wrong login")
        self.signed_in = answer.startswith("235")

    def challenge(self, given, text):
        if not given:
            self.send(text)
            given = self.line()
        return base64.b64decode(given).decode()

    def do_mail(self, verb, line):
        usual = "250 2.1.0 ok"
        if self.relay.users and not self.signed_in:
            usual = "530 5.7.0 sign in first"
        if self.ask(verb, line, usual).startswith("250"):
            self.sender = line.split("<", 1)[1].split(">")[0]
            self.recipient = None

    def do_rcpt(self, verb, line):
        if self.ask(verb, line, "250 2.1.5 ok").startswith("250"):
            self.recipient = line.split("<", 1)[1].split(">")[0]

    def do_data(self, verb, line):
        if self.ask(verb, line, "354 go on").startswith("354"):
            self.ask("354", line, "")
            lines = []
            while (text := self.line()) != ".":
                lines.append(text[1:] if text.startswith(".") else text)
            raw = "".join(t + "\r\n" for t in lines).encode("utf-8", "surrogateescape")
            self.mails += 1
            if self.ask("END", "", "250 2.0.0 queued").startswith("250"):
                self.relay.accept(self.sender, self.recipient, raw)

    def do_rset(self, verb, line):
        self.ask(verb, line, "250 ok")

    do_noop = do_rset

    def do_quit(self, verb, line):
        self.ask(verb, line, "221 bye")
        raise Gone


class Relay:
    def __init__(self, keep=None, act=None, pair=None, implicit=False, users=None,
                 offers=("8BITMIME", "SMTPUTF8")):
        self.keep, self.act, self.pair, self.implicit = keep, act, pair, implicit
        self.users, self.offers, self.name = users or {}, offers, "relay.example"
        self.lock, self.ended, self.hangs = threading.Lock(), threading.Event(), threading.Event()
        self.mails, self.said, self.connections, self.open = [], [], 0, []
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.start()

    def start(self):
        self.server.listen(50)
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.ended.set()
        self.server.close()
        self.drop()

    def drop(self):
        """Close what is open, as a relay does that has waited long enough."""
        with self.lock:
            for session in self.open:
                try:
                    session.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _serve(self):
        while not self.ended.is_set():
            try:
                sock, _ = self.server.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                session = Session(self, sock, self.connections)
                self.open.append(session)
            threading.Thread(target=self._talk, args=(session,), daemon=True).start()

    def _talk(self, session):
        try:
            session.run()
        except (Gone, OSError):
            pass
        finally:
            with self.lock:
                self.open.remove(session)
            session.sock.close()

    def note(self, number, verb, line):
        with self.lock:
            self.said.append((number, verb, line))

    def heard(self, verb):
        with self.lock:
            return [line for _, v, line in self.said if v == verb]

    def accept(self, sender, recipient, raw):
        with self.lock:
            self.mails.append((sender, recipient, raw))
            number = len(self.mails)
        if self.keep:
            name = f"{number:06d}.{os.getpid()}.relay"
            with open(f"{self.keep}/tmp/{name}", "wb") as f:
                f.write(f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode() + raw)
            os.rename(f"{self.keep}/tmp/{name}", f"{self.keep}/new/{name}")


# --- behaviours ------------------------------------------------------------------


def answer(verb, text):
    """This answer to this verb."""
    return lambda session, v, line: text if v == verb else None


def at(verb, what, *words):
    """session.hang(), drip() or vanish() at this verb."""
    return lambda session, v, line: getattr(session, what)(*words) if v == verb else None


def inject(session, verb, line):
    """More after the answer to STARTTLS, in clear, as somebody on the way would put it there."""
    return "220 go\r\n235 2.7.0 welcome\r\n250 ok" if verb == "STARTTLS" else None


def no_recipient(address, text="550 5.1.1 no such user"):
    return lambda session, v, line: text if v == "RCPT" and address in line else None


def renames(session, verb, line):
    """As Amazon SES answers: its Message-ID will be this name at one of its hosts."""
    return f"250 Ok {name_of(len(session.relay.mails))}" if verb == "END" else None


def name_of(index):
    """How renames() called the mail with this index in relay.mails."""
    return f"0102019a8d3f2c11-{index:08x}-4d1b-4b1e-9a51-0d2f5b6f8a10-000000"
