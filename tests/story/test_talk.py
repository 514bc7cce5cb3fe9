#!/usr/bin/python3
"""An owner asks back, the engineer answers, and a second thought comes: with the whole daemon."""
import sys

from daemon import AGENT, ANNA, SAM, holds, main, same, story


@story()
def a_question_goes_to_the_engineer_and_the_answer_comes_back(desk):
    request = desk.ask("May we order twelve seats for 4,800 EUR?")
    desk.answer(request, "Is that per year?", Message_ID="<ask-1@northwind-tools.example>")
    desk.quiet()
    holds("told", desk.wait_mail(to=ANNA, kind="unclear").text, "passed on to Sam Okafor",
          "Is that per year?")
    question = desk.wait_mail(to=SAM, kind="question")
    holds("the question", question.text, "Is that per year?", "what you write reaches")
    desk.mail(SAM, "Re: a question", "Per year, no VAT.\n\nstatus\n\n> inside talk",
              to=AGENT, In_Reply_To=question.id)
    desk.quiet()
    back = desk.wait_mail(to=ANNA, kind="answer")
    holds("the answer", back.text, "Per year, no VAT.", "> Is that per year?", "Approve:")
    same("nothing of the house", "inside talk" in back.text or "status" in back.text, False)
    same("under her mail", back.header("In-Reply-To"), "<ask-1@northwind-tools.example>")
    holds("in her thread", back.header("References"), request.id)
    same("still open", desk.states(), ["sent"])
    desk.answer(back, "Approved")
    desk.quiet()
    same("state", desk.states(), ["approved"])
    desk.check_mails()
    desk.check_ledger()


@story()
def the_other_button_after_deciding_flips_nothing_and_is_told(desk):
    request = desk.ask()
    url = request.link("Reject")
    page = desk.open(url)
    desk.answer(request, "Approved")
    desk.quiet()
    done = desk.post(url, page, decision="reject", comment="")
    holds("the page", done.text, "approved")
    desk.quiet()
    same("state", desk.states(), ["approved"])
    told = desk.wait_mail(to=SAM, kind="second-thought")
    holds("the engineer", told.text, "now says no; the decision stands", "What stands: Approved")
    same("ledger", [r[0] for r in desk.rows("SELECT kind FROM ledger ORDER BY seq")],
         ["asked", "decision", "late"])
    desk.check_ledger()


if __name__ == "__main__":
    sys.exit(main(globals()))
