#!/usr/bin/python3
"""The proxies' snippets, with the proxies themselves on loopback: a link is
opened and a decision made through each, assentd goes away and comes back, and
no log has a token."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
from ca import Authority  # noqa: E402
from daemon import (Desk, Failure, Page, form, free_port, holds, main, same, story,  # noqa: E402
                    until)

CONTRIB = pathlib.Path(__file__).resolve().parents[2] / "contrib"
NAME = "approvals.helpdesk.example"


class Front:
    """A proxy before a desk: where it is, and how to speak to it."""

    def __init__(self, folder, authority):
        self.folder, self.authority = folder, authority
        self.plain, self.secure = free_port(), free_port()
        self.process = None

    def start(self, words, **more):
        with open(self.folder / "proxy.out", "ab") as out:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            **more)
        until(self.answers, "the proxy to start")

    def answers(self):
        if self.process.poll() is not None:
            raise Failure("the proxy ended:\n" + (self.folder / "proxy.out").read_text())
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.secure)) == 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def speak(self, request, tls=True):
        """Send bytes; the answer's Page, headers as a dict of lower-case names."""
        context = ssl.create_default_context(cafile=self.authority.path)
        with socket.create_connection(("127.0.0.1", self.secure if tls else self.plain),
                                      timeout=20) as plain:
            with (context.wrap_socket(plain, server_hostname=NAME) if tls else
                  contextlib.nullcontext(plain)) as s:
                s.sendall(request)
                answer = b""
                while piece := s.recv(65536):
                    answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            if name.lower() in ("strict-transport-security", "referrer-policy") and \
                    name.lower() in headers:
                raise Failure(f"{name} is there twice")
            headers[name.lower()] = value
        status = re.match(r"HTTP/1\.1 (\d{3})", lines[0])
        return Page(int(status[1]) if status else 0, headers, body)

    def ask(self, path, method="GET", body=b"", **headers):
        more = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
        if body:
            more += f"Content-Type: application/x-www-form-urlencoded\r\n" \
                    f"Content-Length: {len(body)}\r\n"
        return self.speak(f"{method} {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n{more}"
                          f"\r\n".encode() + body)


def nginx(front, desk):
    """The shipped file with this test's ports and paths, inside the least of a main file."""
    pair = front.authority.good(NAME)
    text = (CONTRIB / "nginx/assentd.conf").read_text()
    for old, new in (("listen 80;", f"listen 127.0.0.1:{front.plain};"),
                     ("listen [::]:80;", ""), ("listen [::]:443 ssl http2;", ""),
                     ("listen 443 ssl http2;", f"listen 127.0.0.1:{front.secure} ssl http2;"),
                     ("127.0.0.1:8025", f"127.0.0.1:{desk.port}"),
                     ("/etc/ssl/certs/approvals.pem", pair.certificate),
                     ("/etc/ssl/private/approvals.key", pair.key),
                     ("/var/log/nginx/", f"{front.folder}/")):
        same(f"{old} in the snippet", old in text, True)
        text = text.replace(old, new)
    (front.folder / "assentd.conf").write_text(text)
    temporary = "".join(f"{x}_temp_path {front.folder}/{x};" for x in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    (front.folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {front.folder}/pid; error_log {front.folder}/error.log info;"
        f"worker_processes 1; events {{ worker_connections 64; }}"
        f"http {{ access_log {front.folder}/access.log combined; {temporary}"
        f"include {front.folder}/assentd.conf; }}\n")
    words = ["/usr/sbin/nginx", "-p", str(front.folder), "-e", f"{front.folder}/early.log",
             "-c", str(front.folder / "nginx.conf")]
    done = subprocess.run([*words, "-t"], capture_output=True, text=True, check=False)
    same(f"nginx -t: {done.stderr}", done.returncode, 0)
    front.start(words)


def caddy(front, desk):
    pair = front.authority.good(NAME)
    text = (CONTRIB / "caddy/Caddyfile").read_text()
    for old, new in (("{\n\t# What goes wrong",
                      f"{{\n\tadmin off\n\thttp_port {front.plain}\n\thttps_port {front.secure}\n"
                      f"\tauto_https disable_certs\n\tskip_install_trust\n\t# What goes wrong"),
                     (f"\n{NAME} {{", f"\n{NAME} {{\n\ttls {pair.certificate} {pair.key}\n"
                                      f"\tbind 127.0.0.1\n"),
                     ("127.0.0.1:8025", f"127.0.0.1:{desk.port}"),
                     ("/var/log/caddy/", f"{front.folder}/")):
        same(f"{old} in the snippet", old in text, True)
        text = text.replace(old, new)
    (front.folder / "Caddyfile").write_text(text)
    environment = {**os.environ, "HOME": str(front.folder), "XDG_DATA_HOME": str(front.folder),
                   "XDG_CONFIG_HOME": str(front.folder)}
    words = ["--config", str(front.folder / "Caddyfile"), "--adapter", "caddyfile"]
    done = subprocess.run(["caddy", "validate", *words], capture_output=True, text=True,
                          env=environment, check=False)
    same(f"caddy validate: {done.stderr}", done.returncode, 0)
    front.start(["caddy", "run", *words], env=environment)


def behind(settings):
    settings["http"]["public_url"] = f"https://{NAME}"
    settings["http"]["trusted_proxies"] = ["127.0.0.1"]


def assert_no_log_has(folder, secrets):
    logs = [p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".pem", ".key")]
    same("there are logs", any(p.stat().st_size for p in logs), True)
    for path in logs:
        text = path.read_bytes().decode("utf-8", "replace").lower()
        for secret in secrets:
            if secret.lower() in text:
                line = next(x for x in text.splitlines() if secret.lower() in x)
                raise Failure(f"{path.name} has a token: {line[:300]}")


def decide_through(front, desk):
    """A whole click; the tokens that were used."""
    request = desk.ask()
    path = urllib.parse.urlsplit(request.link("Approve"))
    path = path.path + ("?" + path.query if path.query else "")
    token = re.search(r"/a/([A-Za-z0-9_-]+)", path)[1]
    page = front.ask(path, Referer=f"https://{NAME}{path}", X_Forwarded_For="192.0.2.1")
    same("the page", page.status, 200)
    same("its policy", page.headers["referrer-policy"], "no-referrer")
    holds("HSTS", page.headers["strict-transport-security"], "max-age=31536000")
    holds("its rules", page.headers["content-security-policy"], "default-src 'none'")
    done = front.ask(path, "POST", form(page, decision="approve"))
    same("the decision", done.status, 200)
    desk.wait_states("approved")
    holds("who it was", str(desk.rows("SELECT evidence FROM ballots")), "127.0.0.1")
    return token, path


def odd_requests(front, token, path):
    """What scanners and broken clients make of a link."""
    for odd in (path.replace("/a/", "//a/"), path.replace("/a/", "/A/"), "/x/.." + path,
                path.replace("/a/", "/%61/"), "/q?u=" + path, path + "/more", path + "%00"):
        front.ask(odd, Referer=f"https://{NAME}{path}", Cookie="t=" + token)
    front.speak(f"GET {path} HTTP/1.1\r\nHost: a b\r\nBad Header: x\r\n\r\n".encode())
    front.speak(f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    front.speak(f"NONSENSE {path}\r\n\r\n".encode())
    moved = front.speak(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode(),
                        tls=False)
    same("plain HTTP is sent on", moved.status in (301, 308), True)
    same("to the same page", moved.headers["location"], f"https://{NAME}{path}")


def outage(front, desk, path):
    desk.stop()
    same("without assentd", front.ask(path).status, 502)
    front.ask(path, "POST", b"decision=approve")
    desk.start()
    holds("and after it", until(lambda: (p := front.ask(path)).status == 200 and p, "it").text,
          "approved")


def through(build, start):
    with tempfile.TemporaryDirectory(prefix="assent-proxy-") as folder:
        folder = pathlib.Path(folder)
        authority = Authority(folder / "ca")
        logs = folder / "proxy"
        logs.mkdir()
        with Desk(build, change=behind) as desk:
            front = Front(logs, authority)
            start(front, desk)
            try:
                same("alive", front.ask("/healthz").text, "ok")
                token, path = decide_through(front, desk)
                for inside in ("/metrics", "/readyz", "/api/v1/verbs/status"):
                    same(inside, front.ask(inside).status, 404)
                odd_requests(front, token, path)
                outage(front, desk, path)
                large = front.ask("/a/" + token, "POST", b"comment=" + b"x" * 100000)
                same("too large for assentd", large.status, 413)
            finally:
                front.stop()
            same("in assentd's own log", token in desk.log(), False)
        assert_no_log_has(logs, [token])


@story(desk=False)
def a_click_through_nginx_leaves_no_token_behind(build):
    through(build, nginx)


@story(desk=False)
def a_click_through_caddy_leaves_no_token_behind(build):
    through(build, caddy)


if __name__ == "__main__":
    sys.exit(main(globals()))
