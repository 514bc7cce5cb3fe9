#!/usr/bin/python3
"""Signed mail, with the openssl program as the other side: it reads ours, and signs theirs."""
import contextlib
import email
import os
import pathlib
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
from ca import openssl  # noqa: E402
from daemon import AGENT, ANNA, DAY, HOST, Desk, address, holds, main, same, story  # noqa: E402

EXTENSIONS = """keyUsage=critical,digitalSignature
extendedKeyUsage=emailProtection
subjectAltName=email:{}
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""
ROOT = """[req]
distinguished_name=name
x509_extensions=ext
prompt=no
[name]
CN=Northwind People CA
[ext]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
"""


class People:
    """An authority in a folder, and people whom it vouches for."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "ca.cnf").write_text(ROOT, encoding="ascii")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "ca.key", "-out", "ca.pem", "-config", "ca.cnf", "-days", "400",
                cwd=folder)

    def add(self, name, who, days=300, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        (self.folder / "ext").write_text(EXTENSIONS.format(who), encoding="ascii")
        openssl("req", "-new", "-newkey", *key, "-nodes", "-keyout", f"{name}.key", "-out", "csr",
                "-subj", f"/CN={name.title()}", cwd=self.folder)
        openssl("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", days, "-extfile", "ext", "-out", f"{name}.pem",
                cwd=self.folder)
        os.chmod(self.folder / f"{name}.key", 0o600)

    def sign(self, tool, name, words, *more):
        """A MIME entity, signed: its header fields and body."""
        part = "Content-Type: text/plain; charset=utf-8\n\n" + words
        done = subprocess.run(["openssl", tool, "-sign", "-signer", f"{name}.pem", "-inkey",
                               f"{name}.key", *more], cwd=self.folder, input=part.encode(),
                              capture_output=True, check=True)
        return done.stdout


@contextlib.contextmanager
def signed_desk(build, **changes):
    with tempfile.TemporaryDirectory(prefix="assent-smime-") as folder:
        people = People(folder)
        people.add("anna", address(ANNA))
        people.add("bob", "bob.hansen@northwind-tools.example")
        people.add("desk", AGENT, key=("rsa:2048",), **changes)

        def change(settings):
            settings["smime"] = {"ca_file": folder + "/ca.pem", "cert_file": folder + "/desk.pem",
                                 "key_file": folder + "/desk.key"}
            settings["organisations"][0]["reply_level"] = "signed"
        # On the real clock: the openssl program makes certificates from now on.
        with Desk(build, change=change, started=False) as desk:
            desk.set_clock(-desk.jump, 1)
            desk.start()
            yield desk, people


def quoted(request, words):
    return (words + f"\n\nOn Mon, 16 Nov 2026 at 10:05, {request.header('From')} wrote:\n" +
            "".join(f"> {line}\n" for line in request.text.splitlines()))


def answer(desk, request, entity, number):
    fields = (f"Authentication-Results: {HOST}; dkim=pass header.d=northwind-tools.example\n"
              f"Received: from mail.example by {HOST}; Mon, 16 Nov 2026 09:00:00 +0000\n"
              f"From: {ANNA}\nTo: {request.header('Reply-To')}\nSubject: Re: {request.subject}\n"
              f"Date: Mon, 16 Nov 2026 09:00:00 +0000\n"
              f"Message-ID: <signed-{number}@northwind-tools.example>\n"
              f"In-Reply-To: {request.id}\n")
    desk.drop(fields.encode() + entity)
    desk.quiet()


@story(desk=False)
def what_we_send_is_verified_by_another_program(build):
    with signed_desk(build) as (desk, people):
        request = desk.ask("May we order twelve seats for 4,800 EUR, naïvely?")
        same("kind of mail", request.message.get_content_type(), "multipart/signed")
        same("encodings", sorted({str(p["Content-Transfer-Encoding"])
                                  for p in request.message.walk() if not p.is_multipart()} -
                                 {"7bit", "quoted-printable", "base64"}), [])
        for tool in ("smime", "cms"):
            done = subprocess.run(
                ["openssl", tool, "-verify", "-CAfile", "ca.pem", "-purpose", "smimesign",
                 "-in", request.path, "-signer", "who.pem"], cwd=people.folder,
                capture_output=True, check=False)
            same(f"openssl {tool}: {done.stderr}", done.returncode, 0)
            inner = email.message_from_bytes(done.stdout)
            same("what is signed", inner.get_content_type(), "multipart/alternative")
            same("who signed", (people.folder / "who.pem").read_text("ascii").split(),
                 (people.folder / "desk.pem").read_text("ascii").split())
        spoilt = request.raw.replace(b"twelve seats", b"eleven seats", 1)
        done = subprocess.run(["openssl", "cms", "-verify", "-CAfile", "ca.pem"], input=spoilt,
                              cwd=people.folder, capture_output=True, check=False)
        same("a mail that was changed", done.returncode != 0, True)


@story(desk=False)
def what_another_program_signed_decides(build):
    with signed_desk(build) as (desk, people):
        for number, (tool, more, word, state) in enumerate((
                ("smime", (), "Approved, thanks.", "approved"),
                ("cms", ("-md", "sha384"), "No, that is too expensive.", "rejected"),
                ("cms", ("-nodetach",), "Approved.", "approved"),
                ("cms", ("-keyid",), "Approved.", "approved"))):
            request = desk.ask(subject=f"Order {number}")
            answer(desk, request, people.sign(tool, "anna", quoted(request, word), *more), number)
            same(f"{tool} {more}: {desk.outcome()}", desk.states()[-1], state)
        shown = desk.run("approval", "show", str(uuid.UUID(
            bytes=desk.one("SELECT id FROM approvals ORDER BY created")))).stdout
        holds("approval show", shown, "S/MIME signature of CN=Anna", "Northwind People CA")


@story(desk=False)
def what_nobody_may_believe_does_not_decide(build):
    with signed_desk(build) as (desk, people):
        request = desk.ask()
        words = quoted(request, "Approved, thanks.")
        good = people.sign("cms", "anna", words)
        for number, (entity, why) in enumerate((
                (good.replace(b"Approved, thanks", b"Approved, please"), "was changed after"),
                (people.sign("cms", "bob", words), "it is the signature of Bob"),
                (people.sign("cms", "anna", "Approved, thanks.\n"), "which question"),
                (people.sign("cms", "anna", words, "-md", "sha1"), "SHA-1"),
                (people.sign("cms", "anna", words, "-noattr"), "attributes"),
                (people.sign("cms", "anna", words, "-nocerts"), "without the certificate"))):
            answer(desk, request, entity, number)
            holds("the outcome", desk.outcome(), why)
            same("state", desk.states(), ["sent"])
        answer(desk, request, good, 99)
        same("an honest answer still decides", desk.states(), ["approved"])


@story(desk=False)
def the_doctor_warns_before_our_certificate_ends(build):
    with signed_desk(build, days=20) as (desk, _):
        holds("doctor", desk.run("doctor").stdout, "smime", "our certificate ends")
        same("config check", desk.run("config", "check").returncode, 0)
        desk.go(21 * DAY)
        holds("doctor", desk.run("doctor").stdout, "the certificate ended at")
        done = desk.run("config", "check")
        same("config check", done.returncode != 0, True)
        holds("config check", done.stdout + done.stderr, "the certificate ended at")
        request = desk.ask()
        same("what goes out", request.message.get_content_type(), "multipart/alternative")


if __name__ == "__main__":
    sys.exit(main(globals()))
