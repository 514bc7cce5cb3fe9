#!/usr/bin/python3
"""`make install` into an empty folder: the list, the programs as they lie
there, the unit's paths."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "..", "story"))
from daemon import Desk, holds, main, same, story  # noqa: E402

PROGRAMS = {"assent", "assentd", "assent-parser", "assent-mailbox"}
FILES = {
    "lib/systemd/system/assentd.service": 0o644,
    "lib/systemd/system/assentd.socket": 0o644,
    "lib/sysusers.d/assentd.conf": 0o644,
    "lib/tmpfiles.d/assentd.conf": 0o644,
    "share/man/man1/assent.1": 0o644,
    "share/man/man5/assentd.yaml.5": 0o644,
    "share/man/man8/assentd.8": 0o644,
    "share/doc/assentd/LICENSE": 0o644,
    "share/doc/assentd/README.md": 0o644,
    "share/doc/assentd/METRICS.md": 0o644,
    "share/doc/assentd/SECURITY.md": 0o644,
    "share/doc/assentd/openapi.yaml": 0o644,
    "share/doc/assentd/examples/systemd/credentials.conf": 0o644,
    "share/doc/assentd/examples/nginx/assentd.conf": 0o644,
    "share/doc/assentd/examples/caddy/Caddyfile": 0o644,
    **{f"sbin/{name}": 0o755 for name in PROGRAMS},
}


def install(build, folder, prefix):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "GNUMAKE"))}
    done = subprocess.run(["make", "-s", "-C", ROOT, "install", f"BUILD={os.path.abspath(build)}",
                           f"DESTDIR={folder}", f"PREFIX={prefix}"], env=clean,
                          capture_output=True, text=True, check=False)
    same(f"make install: {done.stderr}", done.returncode, 0)
    return pathlib.Path(folder + prefix)


@story(desk=False)
def what_is_installed_is_the_list(build):
    with tempfile.TemporaryDirectory(prefix="assent-install-") as folder:
        top = install(build, folder, "/opt/assentd")
        found = {str(p.relative_to(top)): p.stat().st_mode & 0o7777
                 for p in top.rglob("*") if p.is_file()}
        same("missing or with another mode",
             {p: m for p, m in FILES.items() if found.get(p) != m}, {})
        same("strangers", [p for p in found if p not in FILES and not re.match(
            r"share/doc/assentd/(\w+\.(md|yaml)|examples/systemd/[\w-]+\.conf)$", p)], [])
        same("outside the prefix", [p.name for p in pathlib.Path(folder).iterdir()], ["opt"])
        for name in PROGRAMS - {"assent-parser", "assent-mailbox"}:
            done = subprocess.run([str(top / "sbin" / name), "-V"], capture_output=True, text=True,
                                  check=False)
            holds(f"{name} -V", done.stdout, name)


@story(desk=False)
def the_unit_finds_what_was_installed(build):
    with tempfile.TemporaryDirectory(prefix="assent-install-") as folder:
        prefix = folder + "/usr"
        top = install(build, "", prefix)
        unit = top / "lib/systemd/system/assentd.service"
        programs = re.findall(r"^Exec(?:Start|StartPre)=(\S+)", unit.read_text(), re.M)
        same("programs", sorted(set(programs)), [prefix + "/sbin/assentd"])
        holds("the documentation", unit.read_text(), "man:assentd(8)")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--no-pager", str(unit),
                               str(unit.with_suffix(".socket"))], capture_output=True, text=True,
                              check=False)
        same("systemd-analyze verify", [x for x in done.stderr.splitlines() if "assentd" in x], [])


@story(desk=False)
def an_installed_desk_works(build):
    """Its parsers are found beside it."""
    with tempfile.TemporaryDirectory(prefix="assent-install-") as folder:
        top = install(build, folder, "/usr/local")
        with Desk(str(top / "sbin")) as desk:
            request = desk.ask()
            desk.answer(request, "yes")
            desk.wait_states("approved")


if __name__ == "__main__":
    sys.exit(main(globals()))
