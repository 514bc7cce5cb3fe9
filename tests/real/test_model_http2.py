#!/usr/bin/python3
"""A model behind TLS that offers HTTP/2 (nginx): calls at once share one connection, which is kept."""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
sys.path.insert(0, os.path.dirname(__file__))
# pylint: disable=wrong-import-position
from ca import Authority
from daemon import CARLA, Desk, MINUTE, main, same, story, until
from model_server import ModelServer, settle
from test_model import BODY
from test_proxy import Front


class Proxy(Front):
    """nginx before a model; each line of its log is a protocol and the number of a connection."""

    def __init__(self, folder, server):
        super().__init__(folder, Authority(folder / "ca"))
        pair = self.authority.good()
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "".join(f"{x}_temp_path {folder}/{x};" for x in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log info;"
            f"worker_processes 1; events {{ worker_connections 64; }}"
            f"http {{ {temporary} log_format lines '$server_protocol $connection';"
            f"access_log {folder}/access.log lines;"
            f"server {{ listen 127.0.0.1:{self.secure} ssl http2;"
            f"ssl_certificate {pair.certificate}; ssl_certificate_key {pair.key};"
            f"location / {{ proxy_pass {server.url.removesuffix('/v1')}; }} }} }}\n")
        self.url = f"https://127.0.0.1:{self.secure}/v1"

    def __enter__(self):
        try:
            self.start(["/usr/sbin/nginx", "-p", str(self.folder), "-e", f"{self.folder}/early.log",
                        "-c", str(self.folder / "nginx.conf")])
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def lines(self):
        return [line.split() for line in (self.folder / "access.log").read_text().splitlines()]


def behind(server, proxy):
    def change(settings):
        settle(server)(settings)
        settings["ai"]["base_url"] = proxy.url
    return change


@story(desk=False)
def calls_at_once_share_one_connection_that_is_kept(build):
    with tempfile.TemporaryDirectory(prefix="assent-h2-") as folder, ModelServer() as server, \
            Proxy(pathlib.Path(folder), server) as proxy, \
            Desk(build, change=behind(server, proxy),
                 environment={"SSL_CERT_FILE": proxy.authority.path}) as desk:
        server.hold()
        for n in range(4):
            desk.mail("Lena Vogt <lena@brightdesk.example>", f"Request {n}", BODY,
                      to="Marco Rossi <marco.rossi@harbour-foods.example>",
                      cc="approvals@brightdesk.example")
            desk.quiet()
        desk.mail("Lena Vogt <lena@brightdesk.example>", "Please",
                  "bulk: T-1001, T-1002, T-1003, T-1004")
        desk.quiet()
        desk.go(MINUTE)
        until(lambda: server.open == 4, "four open requests")
        server.let_go()
        mail = desk.wait_mail(kind="batch", to=CARLA)
        same("by AI", "drafted by AI (acme-small)" in mail.text, True)
        desk.ask(body=BODY)
        lines = until(lambda: len(proxy.lines()) == 5 and proxy.lines(), "nginx to log")
        same("protocols", {protocol for protocol, _ in lines}, {"HTTP/2.0"})
        same("connections", len({connection for _, connection in lines}), 1)


if __name__ == "__main__":
    sys.exit(main(globals()))
