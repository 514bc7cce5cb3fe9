"""A real Dovecot in a folder of its own, on free loopback ports.

    with Dovecot(folder, pair=authority.good()) as server:
        server.host, server.port, server.tls_port   # plain or STARTTLS; implicit TLS
        server.password("desk")                     # every user's is known, see USERS
        server.token("desk")                        # for XOAUTH2
        server.deliver("desk", raw)                 # into INBOX, by rename (Maildir)
        server.deliver("desk", raw, "Work")         # into another folder (made at need)
        server.deliver_many("desk", [raw, ...])     # the same, quickly
        with server.login("desk") as box: ...       # an imaplib.IMAP4, as the test itself
        server.mails("desk", "INBOX")               # {uid: (flags, raw)}
        server.change_uidvalidity("desk")           # as after a restore: the same mails, anew
        server.kick("desk")                         # cut this user's connections
        server.stop(); server.start()               # on the same ports
        server.log()                                # what it said

Options: pair (ca.Pair; without one there is no TLS), storage ("maildir" or
"mdbox"), users ({name: password}), extra (text of the configuration file put at
its end, such as "imap_capability = IMAP4rev1" to take MOVE and IDLE away).
set_token() and set_password() change what is let in, from when they return (a
second at most). folder may be None: then it is a temporary one, removed at the
end of the block.

It runs as root (mail belongs to the user dovecot then, and folders above are
opened to pass through) and as anybody else. It is stopped by its process id.
"""
import contextlib
import grp
import imaplib
import os
import pwd
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import LIMIT, Server, find, free_port  # noqa: E402

USERS = {"desk": "correct horse", "other": "battery staple"}

SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
auth_failure_delay = 0
auth_verbose = yes
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
disable_plaintext_auth = no
first_valid_uid = 1
listen = 127.0.0.1
login_greeting = ready
mail_fsync = never
mail_gid = {gid}
mail_location = {location}
mail_max_userip_connections = 1000
mail_uid = {uid}
mailbox_idle_check_interval = 2 secs
maildir_very_dirty_syncs = no
imap_idle_notify_interval = 2 mins
protocols = imap
shutdown_clients = yes
stats_writer_socket_path =
auth_mechanisms = plain login {oauth}
passdb {{
  driver = passwd-file
  mechanisms = plain login none
  args = scheme=PLAIN username_format=%u {folder}/passwords
}}
passdb {{
  driver = passwd-file
  mechanisms = xoauth2 oauthbearer
  args = scheme=PLAIN username_format=%u {folder}/tokens
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = {ssl}
  }}
}}
service anvil {{
  chroot =
  # Or a wrong password makes the next right one wait.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""

TLS = """
ssl = yes
ssl_cert = <{pair.certificate}
ssl_key = <{pair.key}
ssl_min_protocol = TLSv1.2
"""


class Dovecot(Server):
    def __init__(self, folder=None, pair=None, storage="maildir", users=None, extra=""):
        self.program, self.admin = find("dovecot"), find("doveadm")
        if not self.program:
            raise RuntimeError("dovecot is not installed: apt install dovecot-imapd")
        super().__init__(folder, "dovecot")
        self.pair, self.storage, self.extra = pair, storage, extra
        self.users = dict(USERS if users is None else users)
        self.tokens = {u: f"token-of-{u}" for u in self.users}
        self.port, self.tls_port = free_port(), free_port()
        self.process, self.count = None, 0
        self.stamp = int(time.time())
        self._write()
        self.start()

    # --- its files -----------------------------------------------------------

    def _who(self):
        if os.getuid() != 0:
            me = pwd.getpwuid(os.getuid())
            return me.pw_name, me.pw_name, me
        return "dovecot", "dovenull", pwd.getpwnam("dovecot")

    def _write(self):
        internal, login, owner = self._who()
        self.uid, self.gid = owner.pw_uid, owner.pw_gid
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self._open_the_way()
        self._own(self.folder / "mail")
        self._write_secrets()
        location = "maildir:~/Maildir" if self.storage == "maildir" else "mdbox:~/mdbox"
        text = SETTINGS.format(
            folder=self.folder, internal=internal, login=login, uid=self.uid, gid=self.gid,
            internal_group=grp.getgrgid(self.gid).gr_name, location=location, port=self.port,
            tls_port=self.tls_port if self.pair else 0, ssl="yes" if self.pair else "no",
            oauth="xoauth2 oauthbearer")
        text += TLS.format(pair=self.pair) if self.pair else "ssl = no\n"
        (self.folder / "dovecot.conf").write_text(text + self.extra + "\n")

    def _open_the_way(self):
        """Its processes are other users than root, and have to get here."""
        for path in self.folder.resolve().parents:
            mode = path.stat().st_mode
            if os.getuid() == 0 and not mode & 0o001:
                os.chmod(path, mode & 0o7777 | 0o011)

    def _own(self, path):
        if os.getuid() == 0:
            os.chown(path, self.uid, self.gid)

    def _write_secrets(self):
        for name, secrets in (("passwords", self.users), ("tokens", self.tokens)):
            path = self.folder / name
            path.with_suffix(".new").write_text(
                "".join(f"{u}:{{PLAIN}}{s}::::::\n" for u, s in secrets.items()))
            self._own(path.with_suffix(".new"))
            # A file of the same size and second would be the same file to it.
            self.stamp += 1
            os.utime(path.with_suffix(".new"), (self.stamp, self.stamp))
            os.rename(path.with_suffix(".new"), path)

    def password(self, user):
        return self.users[user]

    def token(self, user):
        return self.tokens[user]

    def set_password(self, user, password):
        self.users[user] = password
        self._change_secrets()

    def set_token(self, user, token):
        self.tokens[user] = token
        self._change_secrets()

    def _change_secrets(self):
        """It looks at its files once a second, so they hold from the next one on."""
        self._write_secrets()
        second = int(time.time())
        while int(time.time()) == second:
            time.sleep(0.01)

    # --- up and down ---------------------------------------------------------

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.folder / "run" / "master.pid")
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [self.program, "-F", "-c", str(self.folder / "dovecot.conf")], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + LIMIT
        while not self.greets(self.port, b"* OK"):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError("dovecot did not start:\n" + self.log())
            time.sleep(0.02)

    def stop(self):
        """Stop the server; its mail stays (in a folder that was given)."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        # Who serves an idle client would go ten seconds later.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def _doveadm(self, *words):
        done = subprocess.run([self.admin, "-c", str(self.folder / "dovecot.conf"), *words],
                              capture_output=True, text=True, timeout=LIMIT, check=False)
        return done.returncode, done.stdout + done.stderr

    def kick(self, user):
        """Cut this user's connections; how many were cut is not said."""
        return self._doveadm("kick", user)[0] == 0

    def change_uidvalidity(self, user, folder="INBOX", value=None):
        """The same mails under a new UIDVALIDITY (as after a restore); returns it."""
        value = value or int(time.time()) + 1000 + self.count
        self.count += 1
        rc, said = self._doveadm("mailbox", "update", "-u", user, "--uid-validity", str(value),
                                 folder)
        if rc != 0:
            raise RuntimeError(f"doveadm mailbox update: {said}")
        return value

    # --- mail ----------------------------------------------------------------

    @contextlib.contextmanager
    def login(self, user):
        box = imaplib.IMAP4(self.host, self.port, timeout=LIMIT)
        try:
            box.login(user, self.users[user])
            yield box
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                box.logout()

    def make_folder(self, user, folder):
        with self.login(user) as box:
            box.create(f'"{folder}"')

    def deliver(self, user, raw, folder="INBOX"):
        self.deliver_many(user, [raw], folder)

    def deliver_many(self, user, raws, folder="INBOX"):
        raws = [r.encode() if isinstance(r, str) else r for r in raws]
        if self.storage == "maildir":
            self._write_mails(user, raws, folder)
            return
        with self.login(user) as box:
            if folder != "INBOX":
                box.create(f'"{folder}"')
            for raw in raws:
                said, why = box.append(f'"{folder}"', None, None, raw)
                if said != "OK":
                    raise RuntimeError(f"APPEND: {why}")

    def _write_mails(self, user, raws, folder):
        base = self.folder / "mail" / user / "Maildir"
        path = base if folder == "INBOX" else base / ("." + folder.replace("/", "."))
        if not (path / "new").is_dir():
            self.make_folder(user, folder)
            if not (path / "new").is_dir():
                self._make_maildir(user, path)
        for raw in raws:
            self.count += 1
            name = f"{int(time.time())}.M{self.count:08d}P{os.getpid()}.here,S={len(raw)}"
            with open(path / "tmp" / name, "wb") as f:
                f.write(raw)
            self._own(path / "tmp" / name)
            os.rename(path / "tmp" / name, path / "new" / name)

    def _make_maildir(self, user, path):
        for p in (self.folder / "mail" / user, path, path / "tmp", path / "new", path / "cur"):
            p.mkdir(parents=True, exist_ok=True)
            self._own(p)

    def mails(self, user, folder="INBOX"):
        with self.login(user) as box:
            said, why = box.select(f'"{folder}"', readonly=True)
            if said != "OK":
                raise RuntimeError(f"SELECT {folder}: {why}")
            found = {}
            _, rows = box.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
            for row in rows:
                if not isinstance(row, tuple):
                    continue
                head = row[0].decode()
                uid = int(head.split("UID ")[1].split()[0])
                flags = head.split("FLAGS (")[1].split(")")[0].split()
                found[uid] = (flags, row[1])
            return found
