#!/usr/bin/python3
"""The unit files: what systemd says of them, and that the programs run under
what they forbid.

systemd itself is not process 1 where tests run, so the second half is played:
the unit's system calls, address families, memory and identity rules are put on
a real desk by the same kernel means that systemd uses (seccomp, no_new_privs,
an empty capability set, another user, a user namespace). Not played are its
mount rules (ProtectSystem, PrivateTmp, ...).
"""
import ctypes
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "story"), os.path.join(HERE, "..", "real")]
from imap_desk import ImapDesk, Site  # noqa: E402
from daemon import Desk, Failure, fetch, holds, main, same, story  # noqa: E402

UNITS = os.path.join(HERE, "..", "..", "contrib", "systemd")
NOBODY = 65534


def settings(path):
    """[(key, value)] of the [Service] section, in order."""
    with open(path, encoding="utf-8") as f:
        return re.findall(r"^([A-Z]\w+)=(.*)$", f.read().split("[Service]")[1], re.M)


@story(desk=False)
def the_unit_is_closed_enough(_build):
    with tempfile.TemporaryDirectory(prefix="assent-unit-") as folder:
        unit = shutil.copy(UNITS + "/assentd.service", folder)
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15",
                               "--no-pager", unit], capture_output=True, text=True, check=False)
    holds("systemd-analyze", done.stdout, "Overall exposure level")
    if done.returncode:
        raise Failure("the exposure is above 1.5:\n" + "\n".join(
            line for line in done.stdout.splitlines() if "✓" not in line))


@story(desk=False)
def systemd_knows_every_line(_build):
    with tempfile.TemporaryDirectory(prefix="assent-unit-") as folder:
        for name in ("assentd.service", "assentd.socket"):
            with open(f"{UNITS}/{name}", encoding="utf-8") as f:
                text = f.read()
            # The programs and manual pages are not installed here.
            text = re.sub(r"/usr/sbin/assentd\b", "/bin/true", text)
            text = re.sub(r"^Documentation=.*$", "", text, flags=re.M)
            with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
                f.write(text)
        os.mkdir(folder + "/assentd.service.d")
        for i, part in enumerate(["", *sorted(glob.glob(UNITS + "/examples/*.conf"))]):
            if part:
                shutil.copy(part, folder + f"/assentd.service.d/{i}.conf")
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--no-pager",
                                   folder + "/assentd.service", folder + "/assentd.socket"],
                                  capture_output=True, text=True, check=False)
            same(f"complaints with {os.path.basename(part)}",
                 [x for x in done.stderr.splitlines() if "assentd" in x], [])
            if part:
                os.unlink(folder + f"/assentd.service.d/{i}.conf")


@story(desk=False)
def users_and_folders_are_made(_build):
    """systemd-sysusers and -tmpfiles, into an empty root."""
    with tempfile.TemporaryDirectory(prefix="assent-root-") as root:
        os.mkdir(root + "/etc")
        for tool, name in (("systemd-sysusers", "sysusers.d"), ("systemd-tmpfiles", "tmpfiles.d")):
            words = ["--create"] if tool.endswith("tmpfiles") else []
            done = subprocess.run([tool, *words, "--root=" + root,
                                   f"{UNITS}/{name}/assentd.conf"], capture_output=True, text=True,
                                  check=False)
            same(f"{tool}: {done.stderr}", done.returncode, 0)
        with open(root + "/etc/passwd", encoding="utf-8") as f:
            user = next(x for x in f if x.startswith("assentd:")).split(":")
        with open(root + "/etc/group", encoding="utf-8") as f:
            group = next(x for x in f if x.startswith("assent:")).split(":")
        same("the user's group", user[3], group[2])
        for path, mode, owner in (("/etc/assentd", 0o750, 0),
                                  ("/var/lib/assentd", 0o700, int(user[2])),
                                  ("/run/assentd", 0o750, int(user[2]))):
            info = os.stat(root + path)
            same(path, (info.st_mode & 0o7777, info.st_uid), (mode, owner))


# --- under the unit's rules -----------------------------------------------------


def calls_of(name):
    """The system calls of a set, as systemd-analyze lists them, or the one itself."""
    if not name.startswith("@"):
        return {name}
    done = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name],
                          capture_output=True, text=True, check=True)
    found = set()
    for word in done.stdout.split("\n")[1:]:
        word = word.strip()
        if word and not word.startswith("#"):
            found |= calls_of(word)
    return found


def allowed_calls(unit):
    allowed = set()
    for key, value in unit:
        if key != "SystemCallFilter" or not value:
            continue
        without = value.startswith("~")
        for name in value.lstrip("~").split():
            allowed = allowed - calls_of(name) if without else allowed | calls_of(name)
    return allowed


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64),
                ("b", ctypes.c_uint64)]


ALLOW, EPERM = 0x7fff0000, 0x00050001
EQ, MASKED_EQ, NE = 4, 7, 1
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
AF = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
NAMESPACES = 0x7e020000 | 0x80


class Filter:
    """libseccomp, as far as it is needed to do what systemd does."""

    def __init__(self, unit):
        lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        lib.seccomp_init.restype = ctypes.c_void_p
        lib.seccomp_init.argtypes = [ctypes.c_uint32]
        lib.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int,
                                               ctypes.c_uint, ctypes.POINTER(Compare)]
        lib.seccomp_load.argtypes = [ctypes.c_void_p]
        self.lib = lib
        self.filters = [self.only(allowed_calls(unit)), self.families(dict(unit)), self.memory()]

    def rule(self, context, action, name, *compare):
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # not of this machine
        array = (Compare * max(len(compare), 1))(*compare)
        rc = self.lib.seccomp_rule_add_array(context, action, number, len(compare), array)
        if rc < 0:
            raise Failure(f"seccomp rule for {name}: {rc}")

    def only(self, names):
        context = self.lib.seccomp_init(EPERM)
        for name in names:
            self.rule(context, ALLOW, name)
        # systemd runs the program from inside the filter; so do we.
        return context

    def families(self, unit):
        context = self.lib.seccomp_init(ALLOW)
        wanted = {AF[x] for x in unit["RestrictAddressFamilies"].split()}
        for family in set(range(46)) - wanted:
            self.rule(context, EPERM, "socket", Compare(0, EQ, family, 0))
        return context

    def memory(self):
        """MemoryDenyWriteExecute, RestrictNamespaces, RestrictSUIDSGID (the bits of mkdir and chmod)."""
        context = self.lib.seccomp_init(ALLOW)
        both = PROT_WRITE | PROT_EXEC
        self.rule(context, EPERM, "mmap", Compare(2, MASKED_EQ, both, both))
        for name in ("mprotect", "pkey_mprotect"):
            self.rule(context, EPERM, name, Compare(2, MASKED_EQ, PROT_EXEC, PROT_EXEC))
        self.rule(context, EPERM, "unshare")
        self.rule(context, EPERM, "setns")
        for bit in (1 << b for b in range(32) if NAMESPACES & 1 << b):
            self.rule(context, EPERM, "clone", Compare(0, MASKED_EQ, bit, bit))
        for bit in (0o4000, 0o2000):
            self.rule(context, EPERM, "chmod", Compare(1, MASKED_EQ, bit, bit))
            self.rule(context, EPERM, "fchmodat", Compare(2, MASKED_EQ, bit, bit))
        return context

    def load(self):
        for context in self.filters[1:] + self.filters[:1]:
            if self.lib.seccomp_load(context) < 0:
                os._exit(97)


def become_nobody():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if os.geteuid() == 0:
        for capability in range(41):
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


class Confined:
    """For a desk whose daemon lives under the unit's rules."""

    rules = None

    def programs(self):
        """A copy where nobody may go, too: a checkout may lie where only root does."""
        there = os.path.join(self.folder, "bin")
        os.makedirs(there, exist_ok=True)
        for name in ("assentd", "assent-parser", "assent-mailbox"):
            shutil.copy(os.path.join(self.build, name), there)
        return there

    def spawn(self, **environment):
        def confine():
            become_nobody()
            self.rules.load()
        programs = self.programs()
        if os.geteuid() == 0:
            for top, folders, files in os.walk(self.folder):
                for path in [top] + [os.path.join(top, x) for x in folders + files]:
                    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        self.log_from = len(self.log())
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [programs + "/assentd", "-c", self.file], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=self._environment(**environment), preexec_fn=confine)


class ConfinedDesk(Confined, Desk):
    pass


class ConfinedImapDesk(Confined, ImapDesk):
    pass


@story(desk=False)
def the_desk_works_under_the_rules_of_the_unit(build):
    """Mail in, the jailed parser, a request out, a decision by link and one by mail."""
    unit = settings(UNITS + "/assentd.service")
    # Without these the parser would run, but with one wall less; and the clock is asked.
    same("calls of the jail that are missing",
         {"landlock_create_ruleset", "landlock_restrict_self", "seccomp", "prctl", "prlimit64",
          "adjtimex"} - allowed_calls(unit), set())
    same("calls that nobody needs", allowed_calls(unit) &
         {"mount", "ptrace", "bpf", "setuid", "clock_settime", "init_module", "reboot"}, set())
    Confined.rules = Filter(unit)
    with ConfinedDesk(build, started=False) as desk:
        same("started", desk.start(), True)
        with open(f"/proc/{desk.process.pid}/status", encoding="ascii") as f:
            status = dict(re.findall(r"^(\w+):\s+(.*)$", f.read(), re.M))
        same("filters are loaded", (status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
        request = desk.ask()
        page = desk.open(request.link("Approve"))
        desk.post(request.link("Approve"), page, decision="approve")
        second = desk.ask(subject="More chairs")
        desk.answer(second, "no, thanks")
        desk.wait_states("approved", "rejected")
        series = fetch("GET", desk.url + "/metrics").html
        holds("metrics", series, "assentd_parser_deaths_total 0\n")
        same("the parser is alive",
             int(re.search(r"^assentd_parser_children (\d+)$", series, re.M)[1]) > 0, True)
        same("refusals in the log", [x for x in desk.log().splitlines() if "not permitted" in x], [])
        desk.reload()
        same("how it ended", desk.stop(), 0)


@story(desk=False)
def a_mailbox_child_works_under_them_too(build):
    """IMAP over TLS, from a real Dovecot."""
    Confined.rules = Filter(settings(UNITS + "/assentd.service"))
    with Site() as site, ConfinedImapDesk(build, site) as desk:
        request = desk.ask()
        desk.answer(request, "yes")
        desk.wait_states("approved")
        series = fetch("GET", desk.url + "/metrics").html
        for line in ("assentd_mailbox_children 1", "assentd_mailbox_deaths_total 0",
                     "assentd_parser_deaths_total 0"):
            holds("metrics", series, line + "\n")
        same("refusals in the log", [x for x in desk.log().splitlines() if "not permitted" in x], [])


if __name__ == "__main__":
    sys.exit(main(globals()))
