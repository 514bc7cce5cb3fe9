"""What rules do besides packets, walked with a fault at another place each time.

A rule has Anna asked about Sam's ticket, another tells Lena of it, a third has
Anna reminded; she approves, and a fourth resolves the ticket. What is there at
the end must be what is there after a run that nothing disturbed.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))

# pylint: disable=wrong-import-position
from daemon import AGENT, ANNA, BOB, DAY, HOUR, LENA, MINUTE, SAM, address, same, until

RULES = """rules:
  - id: licences
    title: {en: Licences cost money}
    when: matches(title, '*licences*')
    then: request_approval
    ask: {en: May we order them?}
  - id: word
    title: {en: Licences again}
    when: matches(title, '*licences*')
    then: notify
    to: manager
  - id: hurry
    title: {en: It is urgent}
    when: hours_since(asked_at) > 30 and status = 'waiting'
    then: remind
  - id: done
    title: {en: It was decided 3 days ago}
    when: days_since(decided_at) > 3
    then: close
"""
NONE = "rules: []\n"
SEEN = {
    "tickets": "SELECT status, status_by FROM tickets",
    "closings": "SELECT act, by, comment FROM closings",
    "holds": "SELECT rule, once_key FROM rule_holds",
    "jobs": "SELECT kind, lane FROM jobs",
    "events": "SELECT t.ref, e.kind, e.actor, e.before, CASE WHEN e.after LIKE 'approval:%' THEN"
              " 'approval' ELSE e.after END FROM events e LEFT JOIN tickets t ON t.id = e.ticket",
    "reminded": "SELECT requested_by, reminded_at > 0 FROM approvals",
}


class Deeds:
    """For a kind of walk.Walk: a site of rules, and what happens there."""

    def begin(self, fault):
        self.settings["site_dir"] = self.folder + "/site"
        self.settings["roles"] = [{"name": "manager", "people": [address(LENA)]}]
        self.write_settings()
        os.makedirs(self.folder + "/site/rules")
        for name, text in (("own", RULES), ("desk", NONE), ("approvals", NONE)):
            with open(f"{self.folder}/site/rules/{name}.yaml", "w", encoding="utf-8") as f:
                f.write(text)
        super().begin(fault)

    def tell(self):
        self.mail(SAM, "Twelve licences", "Bob needs them by Friday.", to=BOB, cc=AGENT)
        self.wait_mail(to=SAM, kind="rule")
        self.wait_mail(to=LENA, kind="rule")
        self.quiet()
        self.go(5 * MINUTE)
        request = self.wait_mail(to=ANNA, kind="request")
        self.quiet()
        self.go(31 * HOUR)
        self.wait_mail(2, to=ANNA, kind="request")
        self.quiet()
        self.answer(request, "Approved, thanks")
        self.wait_mail(to=ANNA, kind="receipt")
        self.quiet()
        self.go(3 * DAY + HOUR)
        until(lambda: self.look() or self.one("SELECT status FROM tickets") == "resolved",
              "the ticket to be resolved")
        self.wait_mail(2, to=SAM, kind="rule")
        until(lambda: self.look() or self.one("SELECT count(*) FROM documents") == 3, "the papers")
        # One that was put back after the last look is not due yet.
        until(lambda: self.look() or not self.one("SELECT count(*) FROM jobs WHERE kind = 'send'"),
              "the last mail")
        self.quiet()

    def world(self):
        return {**super().world(), **{what: sorted(map(list, self.rows(sql)), key=repr)
                                      for what, sql in SEEN.items()}}

    @staticmethod
    def expect(world):
        same("tickets", world["tickets"], [["resolved", "rule:done"]])
        same("asked", world["reminded"], [["rule:licences", 1]])
        same("done", [e[1] for e in world["events"] if e[1].startswith("rule.")],
             ["rule.close", "rule.notify", "rule.remind", "rule.request_approval"])
        same("jobs", world["jobs"], [["expire", 3], ["retention", 3]])
        mails = [m[:2] for m in world["mails"]]
        same("words of rules", [m for m in mails if m[1] == "rule"],
             [[address(LENA), "rule"], [address(SAM), "rule"], [address(SAM), "rule"]])
        same("requests", mails.count([address(ANNA), "request"]), 2)
