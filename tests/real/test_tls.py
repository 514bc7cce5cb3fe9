#!/usr/bin/python3
"""https of our own: who is refused, and certificates that change while we serve."""
import contextlib
import os
import pathlib
import shutil
import socket
import ssl
import sys
import tempfile
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
from ca import Authority, self_signed  # noqa: E402
from daemon import Desk, Failure, holds, main, same, story, until  # noqa: E402


@contextlib.contextmanager
def https_desk(build, folder, pair, **options):
    """A desk on the real clock, whose certificate is a copy of pair in folder."""
    install(folder, pair)

    def change(settings):
        settings["http"]["tls_cert_file"] = str(folder / "own.pem")
        settings["http"]["tls_key_file"] = str(folder / "own.key")
    with Desk(build, public=False, change=change, started=False, **options) as desk:
        desk.set_clock(-desk.jump, 1)
        yield desk


def install(folder, pair):
    """As renewing tools do: each file at once, the pair not."""
    for new, name in ((pair.certificate, "own.pem"), (pair.key, "own.key")):
        shutil.copy(new, folder / "fresh")
        os.chmod(folder / "fresh", 0o600 if name.endswith("key") else 0o644)
        os.rename(folder / "fresh", folder / name)


@contextlib.contextmanager
def temporary():
    with tempfile.TemporaryDirectory(prefix="assent-tls-") as folder:
        yield pathlib.Path(folder)


def ask(desk, trust, path="/healthz", change=None, name="localhost"):
    """(status line, headers, body, the peer's certificate, the protocol)."""
    context = ssl.create_default_context(cafile=trust)
    if change:
        change(context)
    with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as plain, \
            context.wrap_socket(plain, server_hostname=name) as secure:
        secure.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := secure.recv(65536):
            answer += piece
        head, _, body = answer.decode().partition("\r\n\r\n")
        return head.split("\r\n")[0], head, body, secure.getpeercert(), secure.version()


def serial(desk, trust):
    return ask(desk, trust)[3]["serialNumber"]


def raw(desk, words):
    """What is answered to words that are no TLS; b"" when the connection ends."""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as s:
        s.sendall(words)
        try:
            return s.recv(1000)
        except ConnectionResetError:
            return b""


def condition(desk, name):
    """The line of /readyz about it, asked over the control socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(desk.folder + "/run/control")
        s.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := s.recv(65536):
            answer += piece
    lines = [x for x in answer.decode().split("\r\n\r\n", 1)[1].splitlines()
             if x.split()[1:2] == [name]]
    return lines[0] if lines else ""


@story(desk=False)
def a_chain_is_verified_and_old_protocols_are_refused(build):
    with temporary() as folder:
        authority = Authority(folder / "ca")
        with https_desk(build, folder, authority.good()) as desk:
            desk.start()
            line, head, body, _, version = ask(desk, authority.path)
            same("status line", line, "HTTP/1.1 200 OK")
            same("body", body, "ok\n")
            same("protocol", version, "TLSv1.3")
            holds("the head", head, "Strict-Transport-Security: max-age=")

            def only_12(context):
                context.maximum_version = ssl.TLSVersion.TLSv1_2
            same("older protocol", ask(desk, authority.path, change=only_12)[4], "TLSv1.2")

            def only_11(context):
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
                context.set_ciphers("ALL:@SECLEVEL=0")
            # Ended by the server: a client that cannot would say "no protocols available".
            for trust, change, why in ((authority.path, only_11, "eof"),
                                       (None, None, "certificate verify failed")):
                try:
                    ask(desk, trust, change=change)
                except ssl.SSLError as fault:
                    holds("the refusal", str(fault).lower().replace("_", " "), why)
                    continue
                raise Failure("a connection that should have failed did not")
            same("plain HTTP", raw(desk, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")[:4]
                 in (b"", b"\x15\x03\x01\x00", b"\x15\x03\x03\x00"), True)
            same("still there", ask(desk, authority.path)[2], "ok\n")


@story(desk=False)
def a_renewed_certificate_is_taken_and_a_broken_one_is_not(build):
    with temporary() as folder:
        authority = Authority(folder / "ca")
        first = authority.good("localhost")
        second = authority.good("localhost", "127.0.0.1")
        with https_desk(build, folder, first) as desk:
            desk.start()
            old = serial(desk, authority.path)
            # A connection of before goes on.
            context = ssl.create_default_context(cafile=authority.path)
            with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as kept:
                install(folder, second)
                until(lambda: desk.said("tls.renewed"), "the renewed pair to be taken")
                kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                holds("a kept connection", kept.recv(10000).decode(), "200 OK")
            new = serial(desk, authority.path)
            same("another certificate", new != old, True)

            refused = {
                "the wrong key": lambda: shutil.copy(first.key, folder / "own.key"),
                "no certificate": lambda: (folder / "own.pem").write_text("nothing\n"),
                "a key for all": lambda: os.chmod(folder / "own.key", 0o644),
                "an expired one": lambda: install(folder, authority.expired()),
            }
            for what, spoil in refused.items():
                spoil()
                desk.process.send_signal(1)
                until(lambda: "the old certificate stays" in condition(desk, "tls"), what)
                same(what + " is not served", serial(desk, authority.path), new)
                install(folder, second)
                desk.process.send_signal(1)
                until(lambda: condition(desk, "tls") == "", "it to be well again")


@story(desk=False)
def a_pair_that_cannot_be_served_stops_the_start(build):
    with temporary() as folder:
        authority = Authority(folder / "ca")
        pair = authority.good()
        other = self_signed(folder / "other")
        cases = [
            ("another key", lambda: shutil.copy(other.key, folder / "own.key")),
            ("holds a key, but a group", lambda: (os.chmod(folder / "own.key", 0o640),
                                                 os.chown(folder / "own.key", 0, 54321))),
            ("no certificate chain in PEM", lambda: (folder / "own.pem").write_text("")),
        ]
        for words, spoil in cases:
            with https_desk(build, folder, pair) as desk:
                if "group" in words and os.geteuid() != 0:
                    continue
                spoil()
                same("started", desk.start(), False)
                holds("the log", desk.log(), words)
                desk.process = None


@story(desk=False)
def a_certificate_that_ends_soon_or_has_ended_is_told(build):
    with temporary() as folder:
        authority = Authority(folder / "ca")
        for pair, words in ((authority.issue("localhost", ["localhost"], -86400 * 85, 86400 * 5),
                             "note tls"), (authority.expired(), "bad tls")):
            with https_desk(build, folder, pair) as desk:
                desk.start()
                holds("readyz", condition(desk, "tls"), words, "put a new one there")


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # old protocols are what we test
    sys.exit(main(globals()))
