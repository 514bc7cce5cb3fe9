"""Summaries by a model with a whole daemon; each failure ends in the offline one, marked."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
sys.path.insert(0, os.path.dirname(__file__))
# pylint: disable=wrong-import-position
from daemon import CARLA, Desk, MINUTE, SECOND, holds, main, same, story, until
from model_server import ModelServer, settle

BODY = ("Bob needs twelve more CAD licences by Friday. They cost 4,800 EUR a year. Nine people "
        "cannot open their drawings without them.")
AI_BULLET = "Nine people cannot open their drawings without them."
OFFLINE = "drafted without AI"


def by_ai(mail):
    holds("the mail", mail.text, "drafted by AI (acme-small)", AI_BULLET, "Bob needs twelve more")
    holds("its HTML", mail.html, "drafted by AI (acme-small)", AI_BULLET)
    if OFFLINE in mail.text:
        raise AssertionError("the mail says both")


def offline(mail):
    holds("the mail", mail.text, OFFLINE, "Asked for:", "twelve more CAD licences")
    for word in ("drafted by AI", "evil", "approve it for you"):
        if word in mail.text:
            raise AssertionError(f"the mail says {word!r}:\n{mail.text}")


def check_log(desk):
    """No word of the ticket, the answer or the key."""
    for word in ("CAD", "drawings", "sk-", "evil", "guest network", "Rate limit reached"):
        if word in desk.log():
            raise AssertionError(f"the log says {word!r}:\n{desk.log()}")


@story(desk=False)
def a_model_writes_the_bullets_beside_the_request_itself(build):
    with ModelServer() as server, Desk(build, change=settle(server)) as desk:
        request = desk.ask(body=BODY)
        by_ai(request)
        page = desk.open(request.link("Approve"))
        holds("the page", page.text, "drafted by AI (acme-small)", AI_BULLET,
              "Bob needs twelve more CAD licences by Friday.")
        asked = server.requests[0]
        same("path", asked["path"], "/v1/chat/completions")
        same("key", asked["headers"]["Authorization"], "Bearer sk-of-this-test")
        same("model", asked["json"]["model"], "acme-small")
        material = asked["json"]["messages"][1]["content"]
        holds("what the model reads", material, "Twelve more licences", "Bob needs twelve more")
        same("requests", len(server.requests), 1)
        desk.answer(request, "Approved")
        desk.wait_states("approved")
        same("requests", len(server.requests), 1)  # looking and deciding spend nothing
        check_log(desk)


@story(desk=False)
def servers_of_all_makes_are_understood(build):
    for name in ("ollama", "llama-server", "azure"):
        with ModelServer() as server, Desk(build, change=settle(server, key_file="")) as desk:
            server.plays = [name]
            request = desk.ask(body=BODY)
            holds(name, request.text, "drafted by AI (acme-small)", AI_BULLET)
            same("key", "Authorization" in server.requests[0]["headers"], False)


@story(desk=False)
def whatever_goes_wrong_ends_in_the_offline_summary_in_time(build):
    kinds = {"refusal": "answer", "filtered": "answer", "empty": "answer", "length": "answer",
             "tool-call": "answer", "not-json": "answer", "prose": "text", "link": "text",
             "status-401": "status", "status-500": "status", "disconnect": "connection",
             "large": "connection", "silent": "time", "status-429": "status"}
    for name, kind in kinds.items():
        timeout = "1s" if name == "silent" else "10s"
        with ModelServer() as server, Desk(build, change=settle(server, timeout=timeout)) as desk:
            server.plays = [name]
            start = time.monotonic()
            request = desk.ask(body=BODY)
            took = time.monotonic() - start
            offline(request)
            same(f"{name} was asked", len(server.requests), 2 if kind == "text" else 1)
            if took > 20:
                raise AssertionError(f"{name}: the mail took {took:.1f} s")
            holds(name, desk.log(), f"ai.failed kind={kind}", 'instead="drafted without AI"')
            check_log(desk)


@story(desk=False)
def nobody_listening_delays_nothing(build):
    with ModelServer() as server:
        change = settle(server)
    with Desk(build, change=change) as desk:
        offline(desk.ask(body=BODY))
        holds("the log", desk.log(), "ai.failed kind=connection")


@story(desk=False)
def each_kind_of_failure_is_logged_once_and_a_broken_server_is_left_alone(build):
    with ModelServer() as server, Desk(build, change=settle(server)) as desk:
        server.plays = ["status-500"]
        for n in range(7):
            offline(desk.ask(body=BODY, subject=f"Request {n}"))
            desk.go(-MINUTE)  # ask() let a minute pass: the breaker must not see it
        same("requests", len(server.requests), 5)
        same("lines about the status", desk.log().count("ai.failed kind=status"), 1)
        same("lines about the rest", desk.log().count("ai.failed kind=rests"), 1)
        holds("readyz", desk.open(desk.url + "/readyz").html, "note ai")
        holds("metrics", desk.open(desk.url + "/metrics").html, "assentd_ai_drafts_total 0",
              "assentd_ai_failures_total 7")
        desk.go(2 * MINUTE)
        server.plays = ["openai"]
        by_ai(desk.ask(body=BODY, subject="Once more"))
        same("requests", len(server.requests), 6)
        until(lambda: "ai" not in desk.open(desk.url + "/readyz").html, "the note to end")


@story(desk=False)
def a_bulk_request_asks_for_five_at_once_and_marks_each(build):
    titles = [f"Request {chr(65 + i)}" for i in range(8)]
    with ModelServer() as server, Desk(build, change=settle(server, timeout="20s",
                                                            batch_timeout="30s")) as desk:
        server.by_title = {"Request C": "refusal", "Request D": "prose"}
        server.hold()
        done = []
        for title in titles:
            desk.mail("Lena Vogt <lena@brightdesk.example>", title, BODY,
                      to="Marco Rossi <marco.rossi@harbour-foods.example>",
                      cc="approvals@brightdesk.example")
            desk.quiet()
        desk.mail("Lena Vogt <lena@brightdesk.example>", "Please",
                  "bulk: " + ", ".join(f"T-{1001 + i}" for i in range(len(titles))))
        desk.quiet()
        desk.go(MINUTE)
        until(lambda: server.open == 5, "five open requests")
        time.sleep(0.2)  # a sixth would come now
        same("open requests", server.open, 5)
        server.let_go()
        mail = desk.wait_mail(kind="batch", to=CARLA)
        done.append(mail)
        same("requests", len(server.requests), 9)  # prose was to be mended
        same("most at once", server.most, 5)
        same("cards by AI", mail.text.count("(drafted by AI (acme-small))"), 7)
        same("cards without", mail.text.count(f"({OFFLINE})"), 1)
        if "Bullets:" in mail.text:
            raise AssertionError("one label for all although they differ")


@story(desk=False)
def a_bulk_request_ends_in_its_time_whatever_the_server_does(build):
    with ModelServer() as server, Desk(build, change=settle(server, batch_timeout="2s")) as desk:
        server.plays = ["silent"]
        start = time.monotonic()
        mail = desk.ask_many(*[f"Request {n}" for n in range(6)])
        took = time.monotonic() - start
        holds("the mail", mail.text, f"Bullets: {OFFLINE}")
        if took > 30:
            raise AssertionError(f"the mail took {took:.1f} s")


@story(desk=False)
def a_slow_model_delays_no_decision_and_no_other_mail(build):
    with ModelServer() as server, Desk(build, change=settle(server, timeout="20s")) as desk:
        request = desk.ask(body=BODY)
        server.hold()
        desk.mail("Lena Vogt <lena@brightdesk.example>", "Another", "Marco needs it.\n\nask: Yes?",
                  to="Marco Rossi <marco.rossi@harbour-foods.example>",
                  cc="approvals@brightdesk.example")
        until(lambda: len(desk.states()) == 2, "the second question")
        desk.go(MINUTE + SECOND)
        until(lambda: server.open == 1, "the model to be asked")
        desk.answer(request, "Approved")
        until(lambda: "approved" in desk.states(), "the decision")
        desk.wait_mail(kind="receipt")
        server.let_go()
        desk.wait_mail(kind="request", to=CARLA)


@story(desk=False)
def a_daemon_told_to_stop_in_the_middle_drafts_after_its_next_start(build):
    with ModelServer() as server, Desk(build, change=settle(server, timeout="30s")) as desk:
        server.hold()
        desk.mail("Sam Okafor <sam@brightdesk.example>", "Twelve more licences",
                  BODY + "\n\nask: Shall we order it?",
                  to="Bob Hansen <bob.hansen@northwind-tools.example>",
                  cc="approvals@brightdesk.example")
        until(lambda: desk.states() == ["draft"], "the question")
        desk.go(MINUTE)
        until(lambda: server.open == 1, "the model to be asked")
        same("stop", desk.stop(), 0)
        server.let_go()
        desk.start()
        desk.go(MINUTE)
        by_ai(desk.wait_mail(kind="request"))
        same("requests", len(server.requests), 2)


FRONT = "---\ntier: fast\nform: summary\n---\n"


@story(desk=False)
def a_site_may_ask_in_its_own_words_and_faults_are_found_before_they_matter(build):
    with ModelServer() as server, Desk(build, change=settle(server), started=False) as desk:
        folder = desk.folder + "/site/prompts"
        os.makedirs(folder)
        desk.settings["site_dir"] = desk.folder + "/site"
        desk.write_settings()
        with open(folder + "/summary.md", "w", encoding="utf-8") as f:
            f.write(FRONT + "Fasse {{#thread} zusammen\n---\n{{material}}\n")
        done = desk.run("config", "check")
        same("config check", done.returncode, 1)
        holds("config check", done.stdout + done.stderr, "prompts/summary.md:5:7")
        with open(folder + "/summary.md", "w", encoding="utf-8") as f:
            f.write(FRONT + "Fasse zusammen.\n---\nMaterial: {{material}}\n")
        same("config check", desk.run("config", "check").returncode, 0)
        desk.start()
        by_ai(desk.ask(body=BODY))
        same("task", server.requests[0]["json"]["messages"][0]["content"], "Fasse zusammen.")


if __name__ == "__main__":
    sys.exit(main(globals()))
