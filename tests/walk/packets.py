"""Packets, walked with a fault at another place each time.

A rule raises one, a program two by the API. Sam takes the rule's by mail and
resolves it on its page; nobody takes the second in time, so it climbs to Lena,
who puts it off, hears of it again and resolves it, and its workflow is told
(and is busy at first); the third runs out of time. What is there at the end
must be what is there after a run that nothing disturbed.
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("story", "real"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))

# pylint: disable=wrong-import-position
from daemon import (AGENT, BOB, DAY, HOUR, LENA, MINUTE, MONDAY, SAM, Failure, address, fetch,
                    same, until)
from test_resume import Workflow
import walk

RULE = """rules:
  - id: printers
    title: {en: A printer again}
    to: desk
    when: matches(title, '*printer*')
    due: 2d
    levels: [{after: 10h, to: manager}]
    suggest: {en: Buy a new one.}
"""
NONE = "rules: []\n"
DEAL = {"title": "The deal is large", "reason": "high_value_deal", "priority": "high", "to": "desk",
        "levels": [{"after_ms": 10 * HOUR, "to": "manager"}], "due": "2026-11-21T09:00:00Z",
        "workflow": "billing", "resume_token": "r-1", "organisation": "northwind"}
LATE = {"title": "Nobody wants this", "reason": "timeout", "to": "desk",
        "due": "2026-11-17T09:00:00Z"}  # MONDAY and a day
SEEN = {
    "packets": "SELECT title, state, \"to\", level, repeats, assignee, acked_by, action,"
               " resolved_by, rule, once_key <> '', source, snoozed_until,"
               " next_at, priority, reason FROM escalations",
    "history": "SELECT e.title, h.kind, h.actor, h.before, CASE h.kind WHEN 'snooze' THEN ''"
               " ELSE h.after END FROM escalation_events h JOIN escalations e ON e.id ="
               " h.escalation",
    "people": "SELECT e.title, p.level, p.role, p.email, p.skipped FROM escalation_people p"
              " JOIN escalations e ON e.id = p.escalation",
    "resumes": "SELECT workflow, state, status, answer, error FROM resumes",
    "holds": "SELECT rule, once_key FROM rule_holds",
    "jobs": "SELECT kind, lane FROM jobs",
    "events": "SELECT t.ref, e.kind, e.actor, e.before, CASE e.kind WHEN 'escalation.snooze' THEN"
              " '' ELSE e.after END FROM events e LEFT JOIN tickets t ON t.id = e.ticket",
}


class Packets:
    """For a kind of walk.Walk: a site of rules, roles and a workflow, and what happens there."""

    def begin(self, fault):
        self.flow = Workflow()
        self.flow.answers = [(503, "busy", {})]
        self.flow.settle()(self.settings)
        self.settings["site_dir"] = self.folder + "/site"
        self.settings["roles"] = [{"name": "desk", "people": [address(SAM)]},
                                  {"name": "manager", "people": [address(LENA)]}]
        self.write_settings()
        os.makedirs(self.folder + "/site/rules")
        for name, text in (("own", RULE), ("desk", NONE), ("approvals", NONE)):
            with open(f"{self.folder}/site/rules/{name}.yaml", "w", encoding="utf-8") as f:
                f.write(text)
        # Making a token is no part of the walk.
        self.start()
        self.bearer = self.assent("token", "new", "flows", "--role", "admin", "--scope",
                                  "escalations:write")["token"]
        self.stop()
        super().begin(fault)

    def __exit__(self, *why):
        self.flow.__exit__()
        return super().__exit__(*why)

    def raise_it(self, packet, key):
        """A program that asks until it is answered, with the same key."""
        def once():
            self.look()
            try:
                page = fetch("POST", self.url + "/api/v1/escalations", json.dumps(packet).encode(),
                             {"Authorization": "Bearer " + self.bearer, "Idempotency-Key": key,
                              "Content-Type": "application/json"})
            except walk.NO_ANSWER:
                return None
            return page if page.status in (200, 201) else None
        made = json.loads(until(once, "an answer to the program").body)
        return made["escalation"]["id"]

    def press(self, mail, **fields):
        url = re.search(r"https?://\S+/e/[a-z2-7]{32}", mail.text).group(0)
        return self.decide(url, **fields)

    def state(self, packet):
        self.look()
        return self.one("SELECT state FROM escalations WHERE id = ?",
                        bytes.fromhex(packet.replace("-", "")))

    def tell(self):
        self.mail(SAM, "The printer", "It is broken.", to=BOB, cc=AGENT)
        printer = self.wait_mail(to=SAM, kind="escalation", subject="printer")
        deal = self.raise_it(DEAL, "deal")
        late = self.raise_it(LATE, "late")
        self.wait_mail(to=SAM, kind="escalation", subject="The deal")
        self.wait_mail(to=SAM, kind="escalation", subject="Nobody")
        self.quiet()
        self.answer(printer, "ack")
        self.wait_mail(to=SAM, kind="escalation-answer")
        self.quiet()
        self.go(10 * HOUR)
        hers = self.wait_mail(to=LENA, kind="escalation")
        self.wait_mail(to=SAM, kind="escalation-moved")
        self.quiet()
        self.answer(hers, "snooze 3h")
        self.wait_mail(to=LENA, kind="escalation-answer")
        self.quiet()
        self.go(3 * HOUR)
        self.wait_mail(2, to=LENA, kind="escalation")
        self.quiet()
        self.press(hers, decision="resolve", comment="They signed.")
        self.quiet()
        self.go(MINUTE)
        until(lambda: self.look() or self.one("SELECT state FROM resumes") == "accepted",
              "the workflow to take it")
        self.press(printer, decision="resolve", comment="Bought.")
        self.quiet()
        self.go_to(MONDAY + DAY + MINUTE)
        until(lambda: self.state(late) == "expired", "the packet to expire")
        self.wait_mail(2, to=SAM, kind="escalation-moved")
        self.quiet()
        same("the deal", self.state(deal), "resolved")

    def check_posts(self):
        """One message with one body, however often, signed each time, once taken."""
        ids = {headers["webhook-id"] for headers, _, _ in self.flow.told}
        bodies = {body for _, body, _ in self.flow.told}
        same("messages and bodies", (len(ids), len(bodies)), (1, 1))
        same("went on", self.flow.went_on, list(ids))
        data = json.loads(bodies.pop())["data"]
        same("data", (data["resume_token"], data["resolution"]["action"]), ("r-1", "They signed."))

    def world(self):
        self.check_posts()
        return {**super().world(), **{what: sorted(map(list, self.rows(sql)), key=repr)
                                      for what, sql in SEEN.items()}}

    @staticmethod
    def expect(world):
        same("packets", sorted((p[0], p[1], p[3]) for p in world["packets"]),
             [("A printer again", "resolved", 0), ("Nobody wants this", "expired", 0),
              ("The deal is large", "resolved", 1)])
        same("resumes", [r[:3] for r in world["resumes"]], [["billing", "accepted", 200]])
        same("jobs", world["jobs"], [["retention", 3]])
        kinds = [kind for kind, in world["ledger"] if kind.startswith("escalation.")]
        same("ledger", sorted(k[len("escalation."):] for k in kinds),
             ["ack", "climb", "lapse", "raised", "raised", "raised", "resolve", "resolve",
              "resume", "snooze"])
        mails = [m[1] for m in world["mails"] if m[1].startswith("escalation")]
        if len(mails) < 8:
            raise Failure(f"few mails: {world['mails']}")
