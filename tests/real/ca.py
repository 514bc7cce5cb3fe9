"""A certificate authority in a folder, made with the openssl program.

    authority = Authority(folder)           # makes folder/ca.pem and what signs with it
    authority.path                          # ca.pem: what a client is told to trust
    pair = authority.good()                 # for localhost, 127.0.0.1 and ::1
    pair.certificate, pair.key              # paths of PEM files; the certificate's holds its chain
    authority.good("mx.brightdesk.example") # other names and addresses instead
    authority.wrong_name()                  # for a host that nobody asked for
    authority.only_common_name()            # "localhost" as a common name and nowhere else
    authority.expired(), authority.early()  # not any more, not yet
    self_signed(folder)                     # vouched for by nobody
    Authority(other_folder).good()          # vouched for by somebody unknown

Each call that is the same is answered with the same files. Keys are P-256 (fast
to make) and readable by their owner only.
"""
import ipaddress
import os
import pathlib
import subprocess
import time
import typing

HERE = ("localhost", "127.0.0.1", "::1")
DAY = 86400


class Pair(typing.NamedTuple):
    certificate: str
    key: str


def openssl(*words, cwd=None):
    done = subprocess.run(["openssl", *map(str, words)], cwd=cwd, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr}")


def make_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    os.chmod(path, 0o600)


def alternatives(names):
    def kind(name):
        try:
            ipaddress.ip_address(name)
            return "IP"
        except ValueError:
            return "DNS"
    return "subjectAltName=" + ",".join(f"{kind(n)}:{n}" for n in names)


def stamp(seconds):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))


def self_signed(folder, *names):
    """A pair that signed itself, for names (HERE when none are given)."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pair = Pair(str(folder / "self.pem"), str(folder / "self.key"))
    make_key(pair.key)
    openssl("req", "-new", "-x509", "-key", pair.key, "-out", pair.certificate, "-days", 30,
            "-subj", "/CN=itself", "-addext", alternatives(names or HERE))
    return pair


SETTINGS = """[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
[req]
distinguished_name = nobody
prompt = no
[nobody]
CN = nobody
"""


class Authority:
    def __init__(self, folder, name="Test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = str(self.folder / "ca.pem")
        self.made = {}
        (self.folder / "openssl.cnf").write_text(SETTINGS)
        (self.folder / "index.txt").write_text("")
        (self.folder / "serial").write_text("1000\n")
        make_key(self.folder / "ca.key")
        openssl("req", "-new", "-x509", "-key", "ca.key", "-out", "ca.pem", "-days", 3650, "-config",
                "openssl.cnf", "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", cwd=self.folder)

    def issue(self, common_name, names, start=-DAY, end=30 * DAY):
        """A pair; start and end in seconds from now."""
        asked = common_name, tuple(names), start, end
        if asked not in self.made:
            self.made[asked] = self._issue(*asked, len(self.made))
        return self.made[asked]

    def _issue(self, common_name, names, start, end, number):
        key, request, out = (f"{number}.{e}" for e in ("key", "csr", "pem"))
        make_key(self.folder / key)
        extension = ["-addext", alternatives(names)] if names else []
        openssl("req", "-new", "-key", key, "-out", request, "-config", "openssl.cnf", "-subj",
                f"/CN={common_name}", *extension, cwd=self.folder)
        now = time.time()
        openssl("ca", "-batch", "-notext", "-config", "openssl.cnf", "-in", request, "-out", out,
                "-startdate", stamp(now + start), "-enddate", stamp(now + end), cwd=self.folder)
        with open(self.folder / out, "a", encoding="ascii") as f:
            f.write((self.folder / "ca.pem").read_text())
        return Pair(str(self.folder / out), str(self.folder / key))

    def good(self, *names):
        names = names or HERE
        return self.issue(names[0], names)

    def wrong_name(self):
        return self.issue("mail.elsewhere.example", ["mail.elsewhere.example"])

    def only_common_name(self):
        return self.issue("localhost", [])

    def expired(self):
        return self.issue("localhost", HERE, -10 * DAY, -DAY)

    def early(self):
        return self.issue("localhost", HERE, 10 * DAY, 20 * DAY)
