"""A small IMAP server that does everything right, but for what it is told to do wrong.

    with BadImap({7: b"Subject: hi\\r\\n\\r\\nhello\\r\\n"}, fetch=DRIP) as server:
        ...                             # a client at 127.0.0.1, server.port
        server.heard                    # every line that clients said, in order
        server.bytes_sent               # how much was taken from it

Options: mails ({uid: bytes}), pair (ca.Pair: TLS by STARTTLS, or from the first
byte with implicit=True), can (capabilities; can_later: those after STARTTLS),
uidvalidity, uidnext, tls_most (the newest TLS it speaks). Every other option names a step and how it goes:

    greeting handshake capability starttls login go authenticate select highest
    list fetch store copy move expunge idle news done noop folders logout

    HANG          say nothing more
    DRIP          a byte every 100 ms
    BYE           "* BYE …", and close
    Cut(n)        the first n bytes of the right answer, and close
    Say(text)     text instead ({tag}: the command's tag), then go on as usual
    First(text)   text before the right answer
    Flood(bytes)  these bytes again and again until nobody listens
    or a function of (session, tag, right answer), which sends what it likes

"go" is the "+" before a secret, "highest" the question for the last UID,
"news" what is told while a client idles (nothing, unless told so). The
classes below it are behaviours that need more than one step.
"""
import re
import socket
import ssl
import threading
import time

NICE = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 IDLE MOVE UIDPLUS"


def HANG(session, _tag, _right):
    session.wait_for_the_end()


def DRIP(session, _tag, right):
    for i in range(len(right)):
        session.send(right[i:i + 1])
        time.sleep(0.1)


def BYE(session, _tag, _right):
    session.send(b"* BYE closed for the night\r\n")
    raise EOFError


def Cut(n):
    def cut(session, _tag, right):
        session.send(right[:n])
        raise EOFError
    return cut


def _as_bytes(text, tag):
    return (text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")).replace(
        b"{tag}", tag.encode())


def Say(text):
    return lambda session, tag, right: session.send(_as_bytes(text, tag))


def First(text):
    return lambda session, tag, right: session.send(_as_bytes(text, tag) + right)


def Flood(piece, before=""):
    def flood(session, tag, _right):
        session.send(_as_bytes(before, tag))
        block = piece * (65536 // len(piece) + 1)
        for _ in range(20000):
            session.send(block)
    return flood


class Session(threading.Thread):
    def __init__(self, server, sock):
        super().__init__(daemon=True)
        self.server, self.sock = server, sock
        self.buffer = b""
        self.secure = False

    def send(self, data):
        self.sock.sendall(data)
        self.server.bytes_sent += len(data)

    def line(self):
        while b"\n" not in self.buffer:
            got = self.sock.recv(65536)
            if not got:
                raise EOFError
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        line = line.rstrip(b"\r").decode("utf-8", "replace")
        self.server.heard.append(line)
        return line

    def wait_for_the_end(self):
        while self.sock.recv(65536):
            pass
        raise EOFError

    def step(self, name, tag, right):
        how = self.server.how.get(name)
        right = right.encode() if isinstance(right, str) else right
        if how:
            how(self, tag, right)
        else:
            self.send(right)

    def run(self):
        try:
            self.sock.settimeout(60)
            if self.server.implicit:
                self.secure_it()
            self.step("greeting", "*", "* OK ready\r\n")
            while self.command():
                pass
        except (OSError, EOFError, ssl.SSLError):
            pass
        finally:
            self.sock.close()

    def secure_it(self):
        how = self.server.how.get("handshake")
        if how:
            how(self, "", b"\x16\x03\x01")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self.server.tls_most:
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = self.server.tls_most
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(self.server.pair.certificate, self.server.pair.key)
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.secure = True

    # --- what it understands -------------------------------------------------

    def command(self):
        tag, _, rest = self.line().partition(" ")
        words = rest.split(" ")
        name = words[0].lower()
        if name == "uid":
            name = words[1].lower()
            words = words[1:]
        handle = getattr(self, "do_" + name, None)
        if not handle:
            self.send(f"{tag} BAD what?\r\n".encode())
            return True
        return handle(tag, words) is not False

    def do_capability(self, tag, _):
        can = self.server.can_later if self.secure else self.server.can
        self.step("capability", tag, f"* CAPABILITY {can}\r\n{tag} OK done\r\n")

    def do_starttls(self, tag, _):
        self.step("starttls", tag, f"{tag} OK begin\r\n")
        self.secure_it()

    def do_login(self, tag, _):
        self.step("login", tag, f"{tag} OK welcome\r\n")

    def do_authenticate(self, tag, words):
        if len(words) < 3:
            self.step("go", tag, "+ \r\n")
            self.line()
        self.step("authenticate", tag, f"{tag} OK welcome\r\n")

    def do_select(self, tag, _):
        mails = self.server.mails
        uidnext = self.server.uidnext or max(mails, default=0) + 1
        self.step("select", tag,
                  "* FLAGS (\\Seen \\Deleted)\r\n"
                  "* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] limited\r\n"
                  f"* {len(mails)} EXISTS\r\n* 0 RECENT\r\n"
                  f"* OK [UIDVALIDITY {self.server.uidvalidity}] valid\r\n"
                  f"* OK [UIDNEXT {uidnext}] predicted\r\n"
                  "* OK [HIGHESTMODSEQ 90060115205545359] highest\r\n"
                  f"{tag} OK [READ-WRITE] selected\r\n")

    def do_list(self, tag, _):
        self.step("folders", tag, '* LIST (\\HasNoChildren) "/" INBOX\r\n'
                  f'* LIST () "/" "Work/Done"\r\n{tag} OK done\r\n')

    def asked(self, text):
        mails, found = self.server.mails, []
        for piece in text.split(","):
            first, _, last = piece.partition(":")
            first = max(mails, default=0) if first == "*" else int(first)
            last = first if not last else max(mails, default=0) if last == "*" else int(last)
            first, last = min(first, last), max(first, last)
            found += [u for u in sorted(mails) if first <= u <= last]
        return found

    def do_fetch(self, tag, words):
        uids, what = self.asked(words[1]), " ".join(words[2:])
        place = {u: n for n, u in enumerate(sorted(self.server.mails), 1)}
        out = b""
        if "RFC822.SIZE" in what:
            rows = [f"* {place[u]} FETCH (UID {u} RFC822.SIZE {len(self.server.mails[u])} "
                    'INTERNALDATE "21-Nov-2026 07:00:00 +0100")\r\n' for u in uids]
            self.step("list", tag, "".join(rows) + f"{tag} OK done\r\n")
        elif "BODY" in what:
            for u in uids:
                raw, section = self.server.mails[u], "BODY[]"
                if "HEADER" in what:
                    raw, section = raw.split(b"\r\n\r\n")[0] + b"\r\n\r\n", "BODY[HEADER]<0>"
                out += (f"* {place[u]} FETCH (UID {u} {section} {{{len(raw)}}}\r\n".encode()
                        + raw + b")\r\n")
            self.step("fetch", tag, out + f"{tag} OK done\r\n".encode())
        else:
            for u in uids:
                out += f"* {place[u]} FETCH (UID {u})\r\n".encode()
            self.step("highest", tag, out + f"{tag} OK done\r\n".encode())

    def do_store(self, tag, _):
        self.step("store", tag, f"{tag} OK done\r\n")

    def do_copy(self, tag, _):
        self.step("copy", tag, f"{tag} OK [COPYUID 1 2 3] done\r\n")

    def do_move(self, tag, _):
        self.step("move", tag, f"* OK [COPYUID 1 2 3] moved\r\n* 1 EXPUNGE\r\n{tag} OK done\r\n")

    def do_expunge(self, tag, _):
        self.step("expunge", tag, f"* 1 EXPUNGE\r\n{tag} OK done\r\n")

    def do_idle(self, tag, _):
        self.step("idle", tag, "+ idling\r\n")
        self.step("news", tag, b"")
        line = self.line()
        if line.upper() == "DONE":
            self.step("done", tag, f"{tag} OK done\r\n")
        else:
            self.server.heard.pop()
            self.buffer = line.encode() + b"\r\n" + self.buffer

    def do_noop(self, tag, _):
        self.step("noop", tag, f"{tag} OK done\r\n")

    def do_logout(self, tag, _):
        self.step("logout", tag, f"* BYE farewell\r\n{tag} OK done\r\n")
        return False


class BadImap:
    def __init__(self, mails=None, pair=None, implicit=False, can=NICE, can_later=None,
                 uidvalidity=7, uidnext=None, tls_most=None, **how):
        self.mails = {} if mails is None else mails
        self.pair, self.implicit = pair, implicit
        self.can = can + (" STARTTLS" if pair and not implicit else "")
        self.can_later = can if can_later is None else can_later
        self.uidvalidity, self.uidnext, self.how = uidvalidity, uidnext, how
        self.tls_most = tls_most
        self.heard, self.bytes_sent = [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            Session(self, sock).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A thread in accept() is woken by the shutdown, not by the close.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def commands(self):
        """The names of the commands heard, without tags and good-byes."""
        found = (re.match(r"\S+ ((?:UID )?\w+)", h) for h in self.heard)
        return [m[1].upper() for m in found if m and m[1].upper() != "LOGOUT"]
