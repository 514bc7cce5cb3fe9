"""A Postfix that takes mail from the Internet and keeps mailboxes, beside the relay of postfix.py.

    with Border(folder, mailboxes={"anna@x.example": "/path/to/Maildir"}) as server:
        server.port                     # takes mail for its own addresses, as from the Internet
        server.submission               # STARTTLS and AUTH wanted, sends for its users to anybody
        server.send(sender, [recipients], raw)      # by port
        server.log()                    # what it said
        server.stop(); server.start()   # on the same ports

Sub-addresses (name+more@) arrive where name's mail does. Options: pair
(ca.Pair) for TLS; vouched, domains whose mail gets an Authentication-Results
field of this host with a pass, as a border server would write; owner, (uid,
gid) of what is delivered; sasl, the path of a Dovecot's auth socket (see
server.auth_socket()); refused, addresses that are refused with 550; extra, more lines
of main.cf.

Postfix starts as root only: an ordinary user needs a sudo that asks nothing, as
for installing the packages; else Border() raises and says so.
"""
import os
import signal
import smtplib
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import LIMIT, POSTFIX_SERVICES, Server, free_port  # noqa: E402

HOST = "mx.brightdesk.example"
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = {owner}
setgid_group = {group}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {host}
mydestination =
mynetworks_style = host
alias_maps =
alias_database =
local_recipient_maps =
recipient_delimiter = +
append_dot_mydomain = no
smtpd_peername_lookup = no
smtpd_banner = $myhostname ESMTP
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = check_recipient_access inline:{{{refused}}}, permit_sasl_authenticated,
 reject_unauth_destination
smtpd_sender_restrictions = check_sender_access inline:{{{vouched}}}
in_flow_delay = 0
minimal_backoff_time = 2s
maximal_backoff_time = 5s
queue_run_delay = 2s
virtual_mailbox_domains = {domains}
virtual_mailbox_base = /
virtual_mailbox_maps = inline:{{{mailboxes}}}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
{tls}{sasl}{extra}
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd {options}
"""

TLS = """
smtpd_tls_chain_files = {pair.key}, {pair.certificate}
smtpd_tls_security_level = may
"""

SASL = """
smtpd_sasl_type = dovecot
smtpd_sasl_path = {path}
"""


def _program(name):
    for folder in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix"):
        if os.path.exists(f"{folder}/{name}"):
            return f"{folder}/{name}"
    raise RuntimeError("postfix is not installed: apt install postfix")


class Border(Server):
    def __init__(self, folder=None, mailboxes=None, pair=None, vouched=(), owner=None, sasl=None,
                 refused=(), extra=""):
        self.master = _program("master")
        super().__init__(folder, "postfix")
        self.mailboxes = dict(mailboxes or {})
        self.pair, self.vouched, self.sasl = pair, vouched, sasl
        self.refused, self.extra = refused, extra
        self.owner = owner or (os.getuid(), os.getgid())
        self.port, self.submission = free_port(), free_port()
        self.process = None
        self._write()
        self.start()

    def _write(self):
        for name in ("queue", "data", "conf"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self._as_root("chown", "postfix", str(self.folder / "data"))
        domains = sorted({a.split("@")[1] for a in self.mailboxes} |
                         {a.split("@")[1] for a in self.refused})
        text = MAIN.format(
            folder=self.folder, daemons=os.path.dirname(self.master), owner="postfix",
            group="postdrop", host=HOST, domains=", ".join(domains), uid=self.owner[0],
            gid=self.owner[1],
            mailboxes=" ".join(f"{{{a} = {p}/}}" for a, p in self.mailboxes.items()) or "{- = -}",
            vouched=" ".join(f"{{{d} = PREPEND Authentication-Results: {HOST}; dkim=pass"
                             f" header.d={d}}}" for d in self.vouched) or "{- = DUNNO}",
            refused=" ".join(f"{{{a} = 550 5.1.1 no such user here}}" for a in self.refused)
            or "{- = DUNNO}",
            tls=TLS.format(pair=self.pair) if self.pair else "",
            sasl=SASL.format(path=self.sasl) if self.sasl else "", extra=self.extra)
        options = ""
        if self.pair:
            options += " -o smtpd_tls_security_level=encrypt"
        if self.sasl:
            options += " -o smtpd_sasl_auth_enable=yes"
        (self.folder / "conf" / "main.cf").write_text(text)
        (self.folder / "conf" / "master.cf").write_text(
            MASTER.format(port=self.port, submission=self.submission, options=options) +
            POSTFIX_SERVICES)

    @staticmethod
    def _root(*words):
        return list(words) if os.getuid() == 0 else ["sudo", "-n", *words]

    def _as_root(self, *words):
        done = subprocess.run(self._root(*words), capture_output=True, text=True, timeout=LIMIT,
                              check=False)
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {done.stderr}\nPostfix starts as root only; run the "
                               "tests as root, or with a sudo that asks nothing")

    # --- up and down ---------------------------------------------------------

    def start(self):
        self._as_root("/usr/sbin/postfix", "-c", str(self.folder / "conf"), "check")
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            self._root(self.master, "-c", str(self.folder / "conf"), "-d"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + LIMIT
        while not (self.greets(self.port, b"220") and self.greets(self.submission, b"220")):
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.log()
                self.stop()
                raise RuntimeError("postfix did not start:\n" + said)
            time.sleep(0.02)

    def stop(self):
        """Stop the server; its queue stays (in a folder that was given)."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    # --- mail ----------------------------------------------------------------

    def send(self, sender, recipients, raw):
        """As another mail server would; raises what smtplib does when it is refused."""
        with smtplib.SMTP(self.host, self.port, "mail.example", LIMIT) as smtp:
            smtp.sendmail(sender, recipients, raw)
