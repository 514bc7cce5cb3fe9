"""What was found by attacking mail with a whole daemon; each case was a hole once."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))
from bad_smtp import at  # pylint: disable=wrong-import-position
from test_smtp import ask, mails_to, post, sending, wait_post  # pylint: disable=wrong-import-position
from daemon import (ANNA, HOUR, MINUTE, holds, main, same, story, until)  # pylint: disable=wrong-import-position


def accept_and_hang(session, verb, _):
    """The mail is taken; its sender never learns of it."""
    if verb == "END":
        session.relay.accept(session.sender, session.recipient, b"Subject: it arrived\r\n\r\n.\r\n")
        session.hang()


@story(started=False)
def a_power_cut_after_the_dot_is_told_where_the_operator_looks(desk):
    """kill -9 while the relay's answer is waited for: the mail goes out again, and that is recorded."""
    with sending(desk, {"timeout": "5m"}) as relay:
        ask(desk)
        desk.quiet()
        relay.act = lambda session, verb, line: (
            accept_and_hang(session, verb, line) if ANNA.split("<")[-1].strip(">") in
            (session.recipient or "") else None)
        relay.hangs.clear()
        desk.go(MINUTE)
        until(relay.hangs.is_set, "the relay to hang with Anna's mail")
        desk.kill()
        relay.act = None
        desk.start()
        desk.go(HOUR)
        wait_post(desk, "sent", "it may have arrived twice", kind="request")
        same("copies at the relay", len(mails_to(relay, ANNA)), 2)
        approval = desk.assent("approval", "list")[0]["id"]
        holds("what the operator sees", desk.run("approval", "show", approval).stdout,
              "sent, maybe twice", "an earlier try was cut off")


if __name__ == "__main__":
    sys.exit(main(globals()))
