#!/usr/bin/python3
"""assent doctor before a real Dovecot and a real Postfix, whole and broken."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))
# pylint: disable=wrong-import-position
from bad_smtp import Relay
from daemon import Failure, holds, main, same, story
from office import Office


def findings(desk, *more, status=0):
    found = desk.assent("doctor", *more, status=status)["findings"]
    return {(f["what"], f["finding"]): f for f in found}


def has(found, what, finding, *words):
    if (what, finding) not in found:
        raise Failure(f"no finding {what} {finding} among {sorted(found)}: "
                      f"{[f for k, f in found.items() if k[0] == what]}")
    one = found[what, finding]
    holds(what, f"{one['text']} {one['todo']}", *words)


@story(desk=False)
def servers_that_work_are_fine_and_a_mail_to_ourselves_comes_back(build):
    with Office(build) as office:
        found = findings(office, "--mail", "--wait", "40s")
        has(found, "mailbox desk", "ok", "signed in, folder INBOX opened")
        has(found, "outgoing", "ok", "accepts mail from approvals@")
        has(found, "mail", "ok", "came back in")
        has(found, "sub-address", "ok", "arrived as it was written")
        has(found, "vouched", "ok", "mx.brightdesk.example")
        same("bad ones", [k for k in found if k[1] == "bad"], [])
        same("tickets", office.one("SELECT count(*) FROM tickets"), 0)


def looked(office, **more):
    """The findings with some settings changed; what was there before comes back."""
    before = office.settings["mailboxes"][0], office.settings["outgoing"]
    office.settings["mailboxes"][0] = {**before[0], **more.get("mailbox", {})}
    office.settings["outgoing"] = {**before[1], **more.get("outgoing", {})}
    office.write_settings()
    try:
        return findings(office, status=1)
    finally:
        office.settings["mailboxes"][0], office.settings["outgoing"] = before
        office.write_settings()


@story(desk=False)
def what_is_wrong_with_a_server_is_named_with_its_setting(build):
    with Office(build) as office:
        office.write_password("quite another", "wrong.password")
        found = looked(office, mailbox={"password_file": "wrong.password"},
                       outgoing={"password_file": "wrong.password"})
        has(found, "mailbox desk", "bad", "password_file")
        has(found, "outgoing", "bad", "password_file")
        has(looked(office, mailbox={"folder": "Elsewhere"}), "mailbox desk", "bad", "Elsewhere")
        other = office.folder + "/other.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-out", other,
                        "-subj", "/CN=other"], check=True, capture_output=True)
        found = looked(office, mailbox={"ca_file": other}, outgoing={"ca_file": other})
        has(found, "mailbox desk", "bad", "certificate", "ca_file")
        has(found, "outgoing", "bad", "certificate", "ca_file")
        found = looked(office, mailbox={"port": 1}, outgoing={"port": 1})
        has(found, "mailbox desk", "bad", "host, port and tls")
        has(found, "outgoing", "bad", "host, port and tls")


def refuse_sender(_session, verb, _line):
    return "550 5.7.1 Sender address rejected" if verb == "MAIL" else None


@story(desk=False)
def a_relay_that_refuses_our_sender_is_told_in_its_own_words(build):
    with Office(build) as office, Relay(act=refuse_sender) as relay:
        found = looked(office, outgoing={"port": relay.port, "tls": "none", "auth": "none",
                                         "user": "", "password_file": ""})
        has(found, "outgoing", "bad", "Sender address rejected", "agent.email")
        relay.act = None
        office.settings["outgoing"] = {"host": "localhost", "port": relay.port, "tls": "none",
                                       "auth": "none"}
        office.write_settings()
        has(findings(office), "outgoing", "ok")
        same("mails sent meanwhile", relay.mails, [])


if __name__ == "__main__":
    sys.exit(main(globals()))
