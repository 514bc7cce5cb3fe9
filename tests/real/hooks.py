"""A helpdesk that sends signed webhooks to a desk (docs/WEBHOOKS.md)."""
import base64
import datetime
import hashlib
import hmac
import http.client
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "story"))
import daemon  # pylint: disable=wrong-import-position

OLD = "whsec_" + base64.b64encode(b"the secret that came first, long ago").decode()
NEW = "whsec_" + base64.b64encode(b"the secret that takes its place now").decode()


def source(name="desk", **more):
    """A record for the settings' sources; its secrets lie in NAME.secrets."""
    return {"name": name, "secrets_file": name + ".secrets",
            "customers": ["northwind", "harbour"], **more}


def write_secrets(folder, name, *secrets):
    path = f"{folder}/{name}.secrets"
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write("# a comment\n" + "\n".join(secrets) + "\n")
    os.chmod(path + ".new", 0o600)
    os.rename(path + ".new", path)


def sources(*records, **more):
    """For Desk(change=...): these sources, each with the secret OLD."""
    def change(settings):
        folder = os.path.dirname(settings["state_dir"])
        for record in records:
            write_secrets(folder, record["name"], OLD)
        settings["sources"] = list(records)
        settings.update(more)
    return change


def signature(secret, delivery, seconds, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{delivery}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def when(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).isoformat(
        timespec="milliseconds").replace("+00:00", "Z")


class Answer:
    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        try:
            self.json = json.loads(self.body)
        except ValueError:
            self.json = {}
        self.error = self.json.get("error", {}) if isinstance(self.json, dict) else {}


class Helpdesk:
    """Sends events to one source of a desk."""

    def __init__(self, desk, name="desk", secret=OLD):
        self.desk, self.name, self.secret = desk, name, secret
        self.sent = 0

    # pylint: disable-next=too-many-arguments
    def post(self, body, delivery=None, seconds=None, sign=None, headers=None, name=None, path=None):
        """Bytes as they are; what is not given is as it should be."""
        self.sent += 1
        delivery = delivery or f"msg_{self.name}_{self.sent}"
        seconds = self.desk.now() // 1000 if seconds is None else seconds
        sign = sign or signature(self.secret, delivery, seconds, body)
        head = {"Content-Type": "application/json", "webhook-id": delivery,
                "webhook-timestamp": str(seconds), "webhook-signature": sign}
        for key, value in (headers or {}).items():
            head.pop(key, None)
            if value is not None:
                head[key] = value
        connection = http.client.HTTPConnection("127.0.0.1", self.desk.port, timeout=daemon.LIMIT)
        try:
            connection.request("POST", path or "/hooks/" + (name or self.name), body, head)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def event(self, kind, data, at=None):
        return json.dumps({"type": kind, "timestamp": when(at or self.desk.now()),
                           "data": data}).encode()

    def send(self, kind, data, at=None, **how):
        return self.post(self.event(kind, data, at), **how)

    def tell(self, kind, data, **how):
        """Send it and wait for what became of it: "status: outcome"."""
        answer = self.send(kind, data, **how)
        daemon.same("status of " + kind, answer.status, 202)
        return self.outcome(answer.json["id"])

    def outcome(self, event_id):
        sql = ("SELECT status || ': ' || outcome FROM inbound WHERE id = ? AND status <> 'new'")
        raw = bytes.fromhex(event_id.replace("-", ""))
        return daemon.until(lambda: self.desk.one(sql, raw), "the event to be filed")


def ticket(number="4711", **more):
    """A ticket of Northwind's."""
    return {"id": number, "title": "Twelve more CAD licences", "customer": "northwind",
            "description": "Bob needs twelve more CAD licences by Friday. They cost 4,800 EUR.",
            "requester": {"email": daemon.address(daemon.BOB), "name": "Bob Hansen"}, **more}
