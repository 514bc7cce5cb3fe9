"""A real Postfix in a folder of its own, on free loopback ports.

    with Postfix(folder, pair=authority.good(), users={"desk": "correct horse"}) as server:
        server.host, server.port, server.tls_port    # submission with STARTTLS; implicit TLS
        server.plain_port                            # no TLS, no login: a relay for this machine
        server.maildir("northwind-tools.example")    # where mail for a domain ends
        server.deliver_to("assent.example", "127.0.0.1", port)   # forwarded there instead
        server.log()                                 # what it said

Every domain is its own; mail for anybody at it ends in one Maildir. Whoever
signs in may send as `senders[user]` and its sub-addresses, and as nobody else.
The login is checked by a Dovecot, which has no mailboxes here.

Postfix wants to be root. An ordinary user needs `unshare`, and gets a Postfix
in a user namespace where that is allowed; where it is not, the constructor
raises Unavailable with the reason, and tests say that they left something out.
"""
import contextlib
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dovecot import Dovecot  # noqa: E402
from server import LIMIT, POSTFIX_SERVICES, Server, auth_socket, find, free_port  # noqa: E402


class Unavailable(RuntimeError):
    pass


MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = {owner}
setgid_group = {group}
default_privs = nobody
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.far.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtputf8_enable = yes
virtual_mailbox_domains = static:all
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/maps/mailboxes
virtual_alias_maps =
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_transport = virtual
transport_maps = texthash:{folder}/maps/transport
recipient_delimiter = +
bounce_queue_lifetime = 1d
maximal_backoff_time = 2s
minimal_backoff_time = 1s
queue_run_delay = 1s
smtp_tls_security_level = none
smtpd_banner = $myhostname ESMTP
smtpd_peername_lookup = no
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_sender_login_maps = texthash:{folder}/maps/senders
smtpd_relay_restrictions = permit_sasl_authenticated, permit_mynetworks, reject_unauth_destination
{tls}
"""

TLS = """
smtpd_tls_cert_file = {pair.certificate}
smtpd_tls_key_file = {pair.key}
smtpd_tls_session_cache_database =
"""

SIGNED_IN = ("-o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,"
             "reject -o smtpd_sender_restrictions=reject_sender_login_mismatch")
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt {signed_in}
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes {signed_in}
127.0.0.1:{plain_port} inet n - n - - smtpd
"""


class Postfix(Server):
    def __init__(self, folder=None, pair=None, users=None, senders=None):
        if not find("postfix"):
            raise Unavailable("postfix is not installed: apt install postfix")
        if os.getuid() != 0:
            raise Unavailable("Postfix starts as root only; run the tests as root, or inside "
                              "`unshare --user --map-auto --map-root-user`")
        super().__init__(folder, "postfix")
        self.pair, self.senders = pair, senders or {}
        self.routes = {}
        self.port, self.tls_port, self.plain_port = free_port(), free_port(), free_port()
        self.auth = None
        self._make_folders()
        socket_path = str(self.folder / "auth-socket")
        self.auth = Dovecot(self.folder / "dovecot", users=users or {"desk": "correct horse"},
                            extra=auth_socket(socket_path))
        self.socket_path = socket_path
        self._write()
        self.start()

    # --- its files

    def _make_folders(self):
        owner = pwd.getpwnam("postfix")
        self.folder.mkdir(parents=True, exist_ok=True)
        # Its processes change to a user of their own and must get in.
        os.chmod(self.folder, 0o755)
        for name in ("queue", "data", "etc", "maps", "mail", "dovecot"):
            (self.folder / name).mkdir(exist_ok=True)
        os.chown(self.folder / "data", owner.pw_uid, owner.pw_gid)
        os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)

    def _write(self):
        owner = pwd.getpwnam("postfix")
        tls = TLS.format(pair=self.pair) if self.pair else ""
        etc = self.folder / "etc"
        daemons = subprocess.run([find("postconf"), "-dhx", "daemon_directory"], check=True,
                                 capture_output=True, text=True).stdout.strip()
        (etc / "main.cf").write_text(MAIN.format(
            folder=self.folder, owner="postfix", group="postdrop", uid=owner.pw_uid,
            gid=owner.pw_gid, auth=self.socket_path, daemons=daemons, tls=tls))
        (etc / "master.cf").write_text(MASTER.format(
            port=self.port, tls_port=self.tls_port, plain_port=self.plain_port,
            signed_in=SIGNED_IN) + POSTFIX_SERVICES)
        self._write_maps()

    def _write_maps(self):
        maps = self.folder / "maps"
        (maps / "senders").write_text("".join(f"{a} {u}\n" for u, a in self.senders.items()))
        (maps / "transport").write_text("".join(f"{d} {r}\n" for d, r in self.routes.items()))
        domains = {p.name for p in (self.folder / "mail").iterdir()} | set(self.routes)
        (maps / "mailboxes").write_text("".join(f"@{d} {d}/\n" for d in sorted(domains)))

    def _postfix(self, *words, check=True):
        done = subprocess.run([find("postfix"), "-c", str(self.folder / "etc"), *words],
                              capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"postfix {words}: {done.stderr}{done.stdout}{self.log()}")
        return done

    # --- life

    def start(self):
        self._postfix("start")
        end = time.monotonic() + LIMIT
        while not all(self._listens(p) for p in (self.port, self.tls_port, self.plain_port)):
            if time.monotonic() > end:
                raise RuntimeError("postfix does not listen:\n" + self.log())
            time.sleep(0.05)

    def _listens(self, port):
        with contextlib.suppress(OSError):
            socket.create_connection((self.host, port), 1).close()
            return True
        return False

    def _master(self):
        try:
            return int((self.folder / "queue/pid/master.pid").read_text().strip())
        except (OSError, ValueError):
            return None

    def stop(self):
        pid = self._master()
        if pid:
            try:
                os.kill(pid, signal.SIGTERM)
                end = time.monotonic() + LIMIT
                while time.monotonic() < end:
                    os.kill(pid, 0)
                    time.sleep(0.05)
            except ProcessLookupError:
                pass
        if self.auth:
            self.auth.stop()

    def halt(self):
        """Stop Postfix alone; start() takes up the same ports and queue."""
        auth, self.auth = self.auth, None
        self.stop()
        self.auth = auth

    # --- where mail ends

    def maildir(self, domain):
        """The Maildir of everybody at domain; from now on its mail is taken."""
        path = self.folder / "mail" / domain
        if not path.exists():
            owner = pwd.getpwnam("postfix")
            for part in (path, path / "tmp", path / "new", path / "cur"):
                part.mkdir()
                os.chown(part, owner.pw_uid, owner.pw_gid)
            self._write_maps()
            self._postfix("reload")
        return str(path)

    def deliver_to(self, domain, host, port):
        self.routes[domain] = f"smtp:[{host}]:{port}"
        self._write_maps()
        self._postfix("reload")

    def mails(self, domain):
        folder = pathlib.Path(self.maildir(domain)) / "new"
        return [p.read_bytes() for p in sorted(folder.iterdir())]
