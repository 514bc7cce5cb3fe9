"""assent-mailbox as the daemon sees it: frames over a socket (include/assent/mail/imap_wire.h).

    with Child(build) as child:
        child.open(host="127.0.0.1", port=1143, tls=NONE, user="desk", secret="…")
        child.ask(LIST, 1, 5000)            # -> (LISTED, [next, more, count, uid, size, date, …])
        child.fetch([1, 2])                 # -> {uid: bytes}
        child.say(BREAK)
        child.rss()                         # KiB of memory, at most so far

Integers are 8 bytes, texts bytes; a field is its length (4 bytes) and itself.
"""
import os
import socket
import struct
import subprocess
import time
import typing

OPEN, LIST, FETCH, AFTER, WAIT, BREAK, END = range(1, 8)
OPENED, LISTED, MAIL, OK, NEWS, FAILED = range(64, 70)
IMPLICIT, STARTTLS, NONE = range(3)
PASSWORD, XOAUTH2, NOBODY = range(3)
WHOLE, HEADER = range(2)
SEEN, MOVE = range(2)
(AT_CONNECT, AT_TLS, AT_GREETING, AT_LOGIN, AT_SELECT, AT_LIST, AT_FETCH, AT_AFTER,
 AT_WAIT) = range(9)
NOT_FOUND, INVALID, LIMIT, CONFLICT, DENIED, BUSY, IO, PEER, FULL = range(-1, -10, -1)
PATIENCE = 30


class Failed(typing.NamedTuple):
    stage: int
    code: int
    permanent: int
    text: str


class Died(Exception):
    """The child closed its socket; its exit status is the argument."""


def encode(kind, fields):
    body = b""
    for f in fields:
        f = struct.pack(">q", f) if isinstance(f, int) else f.encode() if isinstance(f, str) else f
        body += struct.pack(">I", len(f)) + f
    return struct.pack(">IB", len(body) + 1, kind) + body


def decode(body):
    fields, at = [], 0
    while at < len(body):
        (n,) = struct.unpack_from(">I", body, at)
        fields.append(body[at + 4:at + 4 + n])
        at += 4 + n
    assert at == len(body), "a frame's fields do not fill it"
    return fields


def number(field):
    return struct.unpack(">q", field)[0]


class Child:
    def __init__(self, build, low=0):
        """low: how many descriptors the child finds taken below its own."""
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        fd = theirs.fileno()

        def prepare():
            for _ in range(low):
                os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
            os.dup2(fd, 3)
        self.process = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn,consider-using-with
            [str(build / "assent-mailbox")], preexec_fn=prepare, close_fds=low == 0, pass_fds=(3,)
            if low == 0 else (), env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        theirs.close()

    @staticmethod
    def environment():
        return {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close our end; the exit status of the child, which has to go by itself."""
        self.sock.close()
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def say(self, kind, *fields):
        try:
            self.sock.sendall(encode(kind, fields))
        except (BrokenPipeError, ConnectionResetError):
            raise Died(self.process.wait(PATIENCE)) from None

    def _take(self, n):
        got = bytearray()
        while len(got) < n:
            try:
                piece = self.sock.recv(min(n - len(got), 1 << 20))
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise Died(self.process.wait(PATIENCE))
            got += piece
        return bytes(got)

    def hear(self):
        """(kind, fields) of the next frame."""
        n, kind = struct.unpack(">IB", self._take(5))
        fields = decode(self._take(n - 1))
        if kind == FAILED:
            stage, code, permanent, text = fields
            return kind, Failed(number(stage), number(code), number(permanent), text.decode())
        if kind == MAIL:
            return kind, [number(fields[0]), fields[1]]
        if kind == OPENED:
            return kind, [number(f) for f in fields[:4]] + [fields[4].decode()]
        return kind, [number(f) for f in fields]

    def ask(self, kind, *fields):
        self.say(kind, *fields)
        return self.hear()

    def open(self, **more):
        what = {"host": "127.0.0.1", "port": 0, "tls": NONE, "auth": PASSWORD, "user": "desk",
                "secret": "correct horse", "ca_file": "", "folder": "INBOX", "deadline": 20000,
                "max_size": 1 << 20}
        assert set(more) <= set(what), more
        what.update(more)
        return self.ask(OPEN, *what.values())

    def list(self, first=1, most=5000):
        """([(uid, size, date), …], next, more), or a Failed."""
        kind, got = self.ask(LIST, first, most)
        if kind == FAILED:
            return got
        assert kind == LISTED and len(got) == 3 + 3 * got[2], (kind, got)
        rows = [tuple(got[i:i + 3]) for i in range(3, len(got), 3)]
        return rows, got[0], got[1]

    def fetch(self, uids, part=WHOLE):
        """{uid: bytes} in the order they came, or a Failed."""
        self.say(FETCH, part, len(uids), *uids)
        mails = {}
        while True:
            kind, got = self.hear()
            if kind == FAILED:
                return got
            if kind == OK:
                return mails
            assert kind == MAIL and got[0] not in mails, kind
            mails[got[0]] = got[1]

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmHWM"):
                    return int(line.split()[1])
        return 0

    def cpu(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            words = f.read().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def wait_exit(self, limit=PATIENCE):
        end = time.monotonic() + limit
        while self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        return self.process.poll()
