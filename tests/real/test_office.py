#!/usr/bin/python3
"""Everything at once: Postfix, Dovecot, IMAP, submission, replies, links, a receipt that proves it."""
import sys

from office import Office  # first: it knows where daemon.py lies
from daemon import holds, main, same, story, until


@story(desk=False)
def a_question_goes_out_and_the_answer_comes_back(build):
    with Office(build) as office:
        office.ask_about(1)
        request = office.wait("anna", "request", "disk 1?")
        same("the envelope's sender is ours", "b-" in request.header("Return-Path"), True)
        office.reply(request, "Approved, thanks", 1)
        receipt = office.wait("anna", "receipt", "BEGIN ASSENTD RECEIPT")
        note = office.wait("sam", "outcome", "pproved")
        holds("the note", note.text, "Anna Lindqvist")
        same("states", office.states(), ["approved"])
        with open(office.folder + "/receipt.eml", "wb") as f:
            f.write(receipt.raw)
        proven = office.run("ledger", "verify", "--receipt", office.folder + "/receipt.eml")
        same("the receipt that came through two servers is proven", proven.returncode, 0)
        same("what vouched", office.one("SELECT evidence FROM ballots").count("dkim"), 1)


@story(desk=False)
def a_click_decides_as_well(build):
    with Office(build) as office:
        office.ask_about(2)
        request = office.wait("anna", "request", "disk 2?")
        url = request.link("Reject")
        same("the page", office.post(url, office.open(url), decision="reject").status, 200)
        office.wait("anna", "receipt", "Rejected")
        same("states", office.states(), ["rejected"])


@story(desk=False)
def servers_that_go_away_and_come_back_lose_nothing(build):
    with Office(build) as office:
        office.ask_about(3)
        request = office.wait("anna", "request", "disk 3?")
        office.site.server.stop()
        office.reply(request, "Approved", 3)
        until(lambda: "answer-3@" in office.site.relay.log(), "the answer to lie in the mailbox")
        office.site.server.start()
        office.wait("anna", "receipt", "BEGIN ASSENTD RECEIPT")
        office.site.relay.stop()
        url = request.link("Approve")
        holds("the page of one decided", office.open(url).text, "approved")
        office.site.relay.start()
        same("states", office.states(), ["approved"])


if __name__ == "__main__":
    sys.exit(main(globals()))
