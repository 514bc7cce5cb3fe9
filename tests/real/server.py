"""What the servers of other people's making have in common: a folder, ports, a log, an end."""
import contextlib
import os
import pathlib
import shutil
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))

# pylint: disable=wrong-import-position,unused-import
from ports import free_port  # noqa: E402

LIMIT = 30

# The rows of Postfix's master.cf behind its doors.
POSTFIX_SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def find(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin")


def auth_socket(path):
    """For Dovecot(extra=...): its users may sign in to a Postfix by the socket at path."""
    return f"service auth {{\n  unix_listener {path} {{\n    mode = 0666\n  }}\n}}\n"


class Server:
    """A folder of its own, a temporary one where none is given."""

    def __init__(self, folder, name):
        self.temporary = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix=name + "."))
        self.host = "127.0.0.1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self.temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        raise NotImplementedError

    def log(self):
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "log").read_text(errors="replace")
        return ""

    def greets(self, port, hello):
        """Does somebody at this port begin so?"""
        with contextlib.suppress(OSError):
            with socket.create_connection((self.host, port), 1) as s:
                s.settimeout(5)
                return s.recv(100).startswith(hello)
        return False
