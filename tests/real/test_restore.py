#!/usr/bin/python3
"""A desk that lost its machine: restored from a backup, its mail still on a real Dovecot."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))
# pylint: disable=wrong-import-position
from daemon import holds, main, same, story, until
from imap_desk import ImapDesk, Site


@story(desk=False)
def what_came_after_the_backup_is_taken_in_again_and_told_once_more(build):
    with Site() as site, ImapDesk(build, site) as desk:
        first, second = desk.ask(), desk.ask(subject="Desks", body="Four desks for 300 EUR each.")
        folder = desk.folder + "/backup"
        made = desk.assent("backup", folder, "--with-keys")
        same("open then", made["counts"]["approvals_open"], 2)
        desk.answer(first, "approved")
        desk.wait_states("approved", "sent")
        desk.wait_mail(kind="receipt")
        desk.quiet()
        taken = desk.one("SELECT count(*) FROM inbound")
        before = {m.id for m in desk.mails()}
        desk.kill()
        shutil.rmtree(desk.folder + "/state")

        desk.assent("restore", folder)
        desk.start()
        desk.wait_said("hold.on")
        desk.wait_states("approved", "sent")
        until(lambda: desk.one("SELECT count(*) FROM inbound") == taken, "all mail to be taken in")
        same("sent in the hold", {m.id for m in desk.mails()}, before)
        shown = desk.run("release")
        same("released", shown.returncode, 0)
        holds("what it says", shown.stdout, "receipt", "outcome")
        again = desk.wait_mail(2, kind="receipt")
        desk.quiet()
        # A decision taken anew is a new entry of the ledger, so its receipt is a new mail.
        same("a receipt of its own", again.id in before, False)
        done = desk.run("ledger", "verify", "--receipt", again.path)
        same("the new receipt", done.returncode, 0)
        desk.answer(second, "no")
        desk.wait_states("approved", "rejected")
        desk.check_ledger()


if __name__ == "__main__":
    sys.exit(main(globals()))
