"""A token endpoint on loopback (RFC 6749, 8628) that rotates, expires, delays and refuses.

    with TokenServer() as server:
        server.rotate = True            # each use of a refresh token ends it
        server.hold()                   # no answers until server.let_go()
        server.script.append((429, {"error": "slow"}, {"Retry-After": "60"}))
        server.approve()                # the person types the code

What it was asked lies in server.asked, a dictionary of fields each.
"""
import json
import ssl
import threading
import urllib.parse

from loopback import Handler, Loopback


class TokenServer(Loopback):
    def __init__(self, pair=None):
        """pair: certificate and key of ca.py, for https."""
        self.lifetime = 3600
        self.rotate = True
        self.going = threading.Event()
        self.going.set()
        self.refuses = None  # an error name for every token request
        self.script = []  # answers to give first: (status, object or bytes, headers)
        self.asked = []
        self.seen = 0  # requests, answered or not
        self.valid = set()  # refresh tokens
        self.issued = 0
        self.approved = None  # of the device code: None while nobody decided
        self.device_script = []  # errors for the polls that come first
        self.lock = threading.Lock()
        outer = self

        class Answer(Handler):
            def do_POST(self):
                body = self.body().decode()
                form = dict(urllib.parse.parse_qsl(body))
                with outer.lock:
                    outer.seen += 1
                outer.going.wait(60)
                with outer.lock:
                    outer.asked.append({"path": self.path, **form})
                    status, answer, headers = outer.answer(self.path, form)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    pass

        context = None
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.certificate, pair.key)
        self.serve(Answer, context)
        self.url = self.address

    # --- what the person does

    def approve(self):
        self.approved = True

    def deny(self):
        self.approved = False

    def hold(self):
        self.going.clear()

    def let_go(self):
        self.going.set()

    let_all_go = let_go

    def revoke(self):
        self.valid.clear()

    # --- what the server says

    def tokens(self, with_refresh):
        self.issued += 1
        answer = {"access_token": f"access-token-{self.issued}", "token_type": "Bearer",
                  "expires_in": self.lifetime}
        if with_refresh:
            answer["refresh_token"] = f"refresh-token-{self.issued}-keep-me-secret"
            self.valid.add(answer["refresh_token"])
        return 200, answer, {}

    def answer(self, path, form):
        if path == "/device":
            self.approved = None
            return 200, {"device_code": "device-code-of-this-test", "user_code": "WDJB-MJHT",
                         "verification_uri": self.url + "/activate", "expires_in": 600,
                         "interval": 1}, {}
        if self.script:
            return self.script.pop(0)
        if self.refuses:
            return 400, {"error": self.refuses, "error_description": "so says the test"}, {}
        kind = form.get("grant_type", "")
        if kind == "client_credentials":
            if form.get("client_secret") != "robot-secret":
                return 401, {"error": "invalid_client"}, {}
            return self.tokens(False)
        if kind == "urn:ietf:params:oauth:grant-type:device_code":
            return self.device(form)
        if form.get("refresh_token") not in self.valid:
            return 400, {"error": "invalid_grant", "error_description": "it was used before"}, {}
        if self.rotate:
            self.valid.discard(form["refresh_token"])
        return self.tokens(self.rotate)

    def device(self, form):
        if form.get("device_code") != "device-code-of-this-test":
            return 400, {"error": "expired_token"}, {}
        if self.device_script:
            return 400, {"error": self.device_script.pop(0)}, {}
        if self.approved is None:
            return 400, {"error": "authorization_pending"}, {}
        if not self.approved:
            return 400, {"error": "access_denied", "error_description": "the person said no"}, {}
        return self.tokens(True)
