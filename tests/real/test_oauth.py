"""OAuth2 with a whole daemon: signing in, rotation, refusal, delay, expiry."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
sys.path.insert(0, os.path.dirname(__file__))
# pylint: disable=wrong-import-position
from ca import self_signed
from daemon import Desk, DAY, MINUTE, SECOND, holds, main, same, story, until
from token_server import TokenServer

SECRETS = ("keep-me-secret", "access-token-", "robot-secret", "device-code-of")


def settle(server, grant="refresh-token"):
    """Settings with a credential "m365"; nothing signs in with it but `assent`."""
    def change(settings):
        folder = os.path.dirname(settings["state_dir"])
        shutil.copy(folder + "/site.keys", folder + "/credential.keys")
        os.chmod(folder + "/credential.keys", 0o600)
        with open(folder + "/robot.secret", "w", encoding="ascii") as f:
            f.write("robot-secret\n")
        os.chmod(folder + "/robot.secret", 0o600)
        settings["keys"] = {"credential_key_file": "credential.keys"}
        credential = {"name": "m365", "grant": grant, "token_url": server.url + "/token",
                      "client_id": "desk", "scope": "mail offline_access"}
        if grant == "refresh-token":
            credential["device_url"] = server.url + "/device"
        else:
            credential["secret_file"] = "robot.secret"
        settings["credentials"] = [credential]
    return change


def login(desk, name="m365"):
    return subprocess.Popen([desk.build + "/assent", "-c", desk.file, "mailbox", "login", name],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=desk._environment())  # pylint: disable=protected-access


def sign_in(desk, server):
    tool = login(desk)
    # Each poll waits its interval by the desk's clock.
    line = tool.stdout.readline()
    holds("the tool", line, f"Open {server.url}/activate and type WDJB-MJHT")
    server.approve()
    out, err = tool.communicate(timeout=60)
    same("login", (tool.returncode, err), (0, ""))
    holds("the tool", out, "Signed in")


def state(desk):
    return desk.assent("status")["credentials"]["m365"]


def check_secrets(desk):
    """Nothing of a token in the log or in any file of the database."""
    places = {"the log": desk.log().encode()}
    folder = desk.settings["state_dir"]
    for name in os.listdir(folder):
        if name.startswith("assentd.db"):
            with open(f"{folder}/{name}", "rb") as f:
                places[name] = f.read()
    for place, held in places.items():
        for secret in SECRETS:
            if secret.encode() in held:
                raise AssertionError(f"{place} holds {secret!r}")


def next_fetch(desk, server, by=None):
    """Time passes up to the next fetch."""
    before = len(server.asked)
    desk.go(by if by is not None else
            desk.one("SELECT next FROM credentials") - desk.now() + SECOND)
    until(lambda: len(server.asked) > before, "the token server to be asked")
    return server.asked[-1]


@story(desk=False)
def signing_in_by_device_code_and_a_restart_later_the_rotated_token_is_used(build):
    with TokenServer() as server, Desk(build, change=settle(server)) as desk:
        holds("status", state(desk), "nobody has signed in yet", "assent mailbox login m365")
        server.device_script = ["authorization_pending", "slow_down"]
        desk_clock = login(desk)
        desk_clock.stdout.readline()
        until(lambda: len(server.asked) > 2, "three polls")
        server.approve()
        desk.go(MINUTE)
        until(lambda: desk_clock.poll() is not None, "the tool to end")
        same("login", desk_clock.returncode, 0)
        desk_clock.communicate()
        until(lambda: state(desk) == "ok", "an access token")
        asked = next_fetch(desk, server)
        holds("the request", asked["refresh_token"], "refresh-token-1")
        until(lambda: desk.one("SELECT turn FROM credentials") == 2, "the new tokens")
        same("restart", desk.stop(), 0)
        desk.start()
        same("state", state(desk), "ok")
        asked = next_fetch(desk, server)
        holds("the request", asked["refresh_token"], "refresh-token-2")
        until(lambda: desk.one("SELECT turn FROM credentials") == 3, "the new tokens")
        check_secrets(desk)


@story(desk=False)
def a_killed_daemon_goes_on_with_the_tokens_it_has(build):
    with TokenServer() as server, Desk(build, change=settle(server)) as desk:
        sign_in(desk, server)
        until(lambda: state(desk) == "ok", "an access token")
        desk.kill()
        desk.start()
        same("state", state(desk), "ok")
        same("what was asked", [a["path"] for a in server.asked].count("/device"), 1)
        check_secrets(desk)


@story(desk=False)
def a_refused_grant_waits_for_a_person_and_recovers_after_login(build):
    with TokenServer() as server, Desk(build, change=settle(server)) as desk:
        sign_in(desk, server)
        server.revoke()
        next_fetch(desk, server)
        until(lambda: "invalid_grant" in state(desk), "the refusal to be known")
        holds("status", state(desk), "assent mailbox login m365")
        holds("status", " ".join(desk.assent("status")["waiting_for_a_person"]), "m365")
        page = desk.open(desk.url + "/readyz")
        same("readyz", page.status, 503)
        holds("readyz", page.html, "credential:m365")
        asked = len(server.asked)
        desk.go(2 * DAY)
        desk.quiet()
        same("requests after the refusal", len(server.asked), asked)
        # A restart and a reload try once each; the reason may have gone away.
        desk.reload()
        until(lambda: len(server.asked) == asked + 1, "one more try")
        desk.quiet()
        sign_in(desk, server)
        until(lambda: state(desk) == "ok", "the desk to recover")
        until(lambda: desk.open(desk.url + "/readyz").status == 200, "readyz to recover")
        check_secrets(desk)


@story(desk=False)
def a_person_who_says_no_ends_the_tool_with_a_reason(build):
    with TokenServer() as server, Desk(build, change=settle(server)) as desk:
        tool = login(desk)
        tool.stdout.readline()
        server.deny()
        _, err = tool.communicate(timeout=60)
        same("status", tool.returncode, 4)
        holds("the tool", err, "refused", "access_denied")
        tool = login(desk)
        tool.stdout.readline()
        desk.go(11 * MINUTE)
        _, err = tool.communicate(timeout=60)
        same("status", tool.returncode, 5)
        holds("the tool", err, "expired")
        tool = login(desk, "nobody")
        _, err = tool.communicate(timeout=60)
        same("status", tool.returncode, 3)
        tool = login(desk, "inbox")
        _, err = tool.communicate(timeout=60)
        holds("the tool", err, "without OAuth2")


@story(desk=False)
def without_a_daemon_the_tool_says_so(build):
    with TokenServer() as server, Desk(build, change=settle(server)) as desk:
        desk.stop()
        tool = login(desk)
        _, err = tool.communicate(timeout=60)
        same("status", tool.returncode, 5)
        holds("the tool", err, "assentd does not run")


@story(desk=False)
def client_credentials_need_nobody_and_are_renewed_before_they_end(build):
    with TokenServer() as server, Desk(build, change=settle(server, "client-credentials")) as desk:
        until(lambda: state(desk) == "ok", "an access token")
        same("requests", len(server.asked), 1)
        desk.go(44 * MINUTE)
        desk.quiet()
        same("requests", len(server.asked), 1)
        next_fetch(desk, server, 2 * MINUTE)
        same("grant", server.asked[-1]["grant_type"], "client_credentials")
        until(lambda: desk.one("SELECT turn FROM credentials") == 2, "the new token")
        same("state", state(desk), "ok")
        check_secrets(desk)


@story(desk=False)
def a_slow_token_server_delays_no_decision(build):
    with TokenServer() as server, Desk(build, change=settle(server, "client-credentials")) as desk:
        until(lambda: state(desk) == "ok", "an access token")
        first = desk.ask()
        second = desk.ask(subject="A second thing")
        server.hold()
        before, seen = len(server.asked), server.seen
        desk.go(50 * MINUTE)
        until(lambda: server.seen > seen, "the fetch to begin, and hang")
        desk.answer(first, "Approved")
        desk.wait_states("approved", "sent")
        url = second.link("Reject")
        same("page", desk.post(url, desk.open(url), decision="reject").status, 200)
        desk.wait_states("approved", "rejected")
        desk.wait_mail(kind="receipt", count=2)
        same("answers of the token server so far", len(server.asked), before)
        server.let_go()
        until(lambda: desk.one("SELECT turn FROM credentials") == 2, "the new token at last")


@story(desk=False)
def a_server_that_is_busy_is_asked_again_when_it_says(build):
    with TokenServer() as server, Desk(build, change=settle(server, "client-credentials")) as desk:
        until(lambda: state(desk) == "ok", "an access token")
        server.script = [(429, {"error": "slow"}, {"Retry-After": "600"}),
                         (500, b"<html>", {}), (200, b"not JSON", {})]
        next_fetch(desk, server)
        until(lambda: desk.one("SELECT failures FROM credentials") == 1, "the failure")
        due = desk.one("SELECT next FROM credentials") - desk.now()
        same("comes back in ten minutes", 590 * SECOND < due <= 600 * SECOND, True)
        for n in (2, 3):
            next_fetch(desk, server)
            until(lambda n=n: desk.one("SELECT failures FROM credentials") == n, "a failure")
        next_fetch(desk, server)
        until(lambda: desk.one("SELECT failures FROM credentials") == 0, "the new token")
        same("state", state(desk), "ok")


@story(desk=False)
def a_refresh_token_got_elsewhere_is_taken_with_and_without_a_daemon(build):
    with TokenServer() as server, Desk(build, change=settle(server)) as desk:
        for running in (True, False):
            token = f"refresh-token-{running}-keep-me-secret"
            server.valid.add(token)
            if not running:
                desk.stop()
            done = desk.run("mailbox", "login", "m365", "--refresh-token", "-", given=token + "\n")
            same("login", (done.returncode, done.stderr), (0, ""))
            holds("the tool", done.stdout, "Taken")
            if not running:
                desk.start()
            until(lambda: state(desk) == "ok", "an access token")
            same("what was sent", server.asked[-1]["refresh_token"], token)
        done = desk.run("mailbox", "login", "m365", "--refresh-token", "-", given="two words")
        holds("the tool", done.stderr, "no refresh token")
        check_secrets(desk)


@story(desk=False)
def a_token_server_that_nobody_vouches_for_is_told_no_secret(build):
    with tempfile.TemporaryDirectory() as folder:
        with TokenServer(self_signed(folder)) as server, \
                Desk(build, change=settle(server, "client-credentials")) as desk:
            until(lambda: "the last try failed" in state(desk), "the refusal")
            holds("status", state(desk).lower(), "certificate")
            same("what the server was told", server.seen, 0)
            check_secrets(desk)


@story(desk=False)
def mailbox_list_says_how_each_signs_in(build):
    with TokenServer() as server, Desk(build, change=settle(server)) as desk:
        rows = {r["name"]: r for r in desk.assent("mailbox", "list")}
        same("names", sorted(rows), ["inbox", "outgoing"])
        same("kind", rows["inbox"]["kind"], "maildir")


if __name__ == "__main__":
    sys.exit(main(globals()))
