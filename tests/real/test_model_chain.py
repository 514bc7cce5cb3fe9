"""A chain of models with a whole daemon: who is asked next, who is left alone, what a day may cost."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "story"))
sys.path.insert(0, os.path.dirname(__file__))
# pylint: disable=wrong-import-position
from daemon import Desk, MINUTE, holds, main, same, story, until
from model_server import ModelServer
from test_model import AI_BULLET, BODY, OFFLINE


def settle(servers, **ai):
    def change(settings):
        settings["ai"] = {"timeout": "10s", "batch_timeout": "20s", **ai}
        settings["models"] = [
            {"name": name, "base_url": server.url + "?api-version=2024-10-21",
             "model": f"{name}-small", "price_in": "2"} for name, server in servers.items()]
    return change


def figure(desk, name, model=None):
    label = f'{{model="{model}"}}' if model else ""
    found = re.search(rf"^{name}{re.escape(label)} (\d+)$", desk.open(desk.url + "/metrics").html, re.M)
    return int(found[1]) if found else None


@story(desk=False)
def the_next_model_writes_while_the_first_is_left_alone(build):
    with ModelServer() as first, ModelServer() as second:
        first.plays = ["status-503-long"]
        with Desk(build, change=settle({"first": first, "second": second})) as desk:
            for n in range(2):
                holds("the mail", desk.ask(body=BODY, subject=f"Request {n}").text,
                      "drafted by AI (second-small)", AI_BULLET)
                desk.go(-MINUTE)  # ask() let a minute pass: the rest must not see it
            same("asked of the first", len(first.requests), 1)
            same("asked of the second", len(second.requests), 2)
            holds("the address", second.requests[0]["path"],
                  "/v1/chat/completions?api-version=2024-10-21")
            same("calls", figure(desk, "assentd_model_calls_total", "first"), 1)
            same("failures", figure(desk, "assentd_model_failures_total", "first"), 1)
            same("no failures", figure(desk, "assentd_model_failures_total", "second"), 0)
            same("it cost", figure(desk, "assentd_model_cost_micros_total", "second") > 0, True)
            until(lambda: "note model:first" in desk.open(desk.url + "/readyz").html, "the note")
            until(lambda: "model:first" in str(desk.assent("status")["conditions"]), "the status")
            desk.go(11 * MINUTE)
            until(lambda: "model:first" not in desk.open(desk.url + "/readyz").html,
                  "the note to end")


@story(desk=False)
def a_day_costs_no_more_than_its_budget_across_a_restart(build):
    with ModelServer() as server:
        change = settle({"only": server})
        with Desk(build, change=change) as desk:
            holds("the mail", desk.ask(body=BODY).text, "drafted by AI (only-small)")
            spent = figure(desk, "assentd_ai_day_tokens")
            same("something was spent", spent > 0, True)
            desk.settings["ai"]["budget"] = spent
            desk.write_settings()
            desk.stop()
            desk.start()
            same("remembered", figure(desk, "assentd_ai_day_tokens"), spent)
            same("the most", figure(desk, "assentd_ai_day_tokens_most"), spent)
            holds("the mail", desk.ask(body=BODY, subject="Once more").text, OFFLINE)
            same("requests", len(server.requests), 1)
            holds("the log", desk.log(), "ai.failed kind=budget", f"of today's {spent} tokens")


if __name__ == "__main__":
    sys.exit(main(globals()))
