"""A model's server on loopback that replays tests/exchanges as its API would.

    with Replay() as server:
        server.url("anthropic-stream")        # a base url of its own
        server.plays["openai-429"] = ["openai-429", "openai-plain"]
        server.requests, server.faults        # what came; how it departed from its API

A path of a base url names the exchange; `plays` gives it a sequence, whose last
one goes on for ever. Streams go out in chunks, an event each. Three things go
wrong on the line: "disconnect" (a reset; `cut_after` so many events ends the
line politely, but too early), "drip" (a byte at a time) and, for a name that ends in "~stuck", a body
that goes on by a comment at a time and never ends: until the client has enough.
Nothing here sleeps.
"""
import json
import os
import select
import socket
import struct
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../story"]
# pylint: disable=wrong-import-position
from loopback import Handler, Loopback
from schemas import address_faults, faults

FOLDER = HERE + "/../exchanges"
STEP = 0.02  # seconds between two bytes of who is stuck
STUCK = "~stuck"

# How the four lines of every exchange's text begin; `said` takes their place.
LINES = ("- Bob needs twelve licences.", "- Neun Leute können nicht arbeiten. 🙂",
         "- The cost is 4,800 EUR a year.", "- It is not stated who pays.")


def exchange(name):
    with open(f"{FOLDER}/{name}.json", encoding="utf-8") as f:
        return json.load(f)


def names():
    return sorted(n.removesuffix(".json") for n in os.listdir(FOLDER) if n.endswith(".json"))


def events_of(play):
    """The body of a stream, cut behind each event."""
    out, event = [], ""
    for n, line in enumerate(play["lines"]):
        event += line + ("\n" if n + 1 < len(play["lines"]) else "")
        if not line.strip():
            out.append(event)
            event = ""
    return [e for e in out + [event] if e]


class Replay(Loopback):
    def __init__(self):
        self.plays, self.requests, self.faults = {}, [], []
        self.held = {}          # name → threading.Event: no answer before it is set
        self.cut_after = None   # events, of every stream
        self.said = LINES       # or a list of such: one for each request, the last for ever
        self.lock = threading.Lock()
        outer = self

        class Answer(Handler):
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.body()
                name = self.path.split("/")[1]
                play = outer.take(name, self, body)
                if name in outer.held:
                    outer.held[name].wait(60)
                self.close_connection = True
                try:
                    if name.endswith(STUCK):
                        self.head(play)
                        self.stay()
                    elif "lines" in play:
                        self.stream(play)
                    else:
                        self.whole(play)
                except OSError:
                    pass  # who asked is gone

            def head(self, play, length=None):
                self.send_response(play["status"])
                for key, value in play["headers"].items():
                    self.send_header(key, value)
                if length is None:
                    self.send_header("Transfer-Encoding", "chunked")
                else:
                    self.send_header("Content-Length", str(length))
                self.end_headers()

            def whole(self, play):
                data = outer.worded(play["text"] if "text" in play
                                    else json.dumps(play["body"], ensure_ascii=False))
                self.head(play, len(data))
                self.wfile.write(data)
                self.close_connection = False

            def chunk(self, data):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

            def stream(self, play):
                self.head(play)
                events = events_of(play)[:outer.cut_after]
                for event in map(outer.worded, events):
                    if play.get("fault") == "drip":
                        for i in range(len(event)):
                            self.chunk(event[i:i + 1])
                    else:
                        self.chunk(event)
                if play.get("fault") == "disconnect":
                    self.vanish()
                elif outer.cut_after is None:
                    self.wfile.write(b"0\r\n\r\n")

            def stay(self):
                while not select.select([self.connection], [], [], STEP)[0]:
                    self.chunk(b":")

            def vanish(self):
                """A reset, not a polite end."""
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           struct.pack("ii", 1, 0))
                self.connection.close()

        self.serve(Answer)

    def url(self, name, api=None):
        api = api or exchange(name.removesuffix(STUCK))["api"]
        return f"{self.address}/{name}" + ("/v1" if api == "openai" else "")

    def asked(self, name):
        return [r for r in self.requests if r["name"] == name]

    def take(self, name, handler, body):
        """Note a request and what is wrong with it; what is played."""
        with self.lock:
            plays = self.plays.get(name, [name.removesuffix(STUCK)])
            play = exchange(plays.pop(0) if len(plays) > 1 else plays[0])
            value = json.loads(body)
            self.requests.append({"name": name, "path": handler.path, "json": value,
                                  "headers": dict(handler.headers)})
            self.faults += faults(play["api"], "request", value)
            self.faults += address_faults(play["api"], handler.path)
        return play

    def worded(self, text):
        said = self.said
        if isinstance(said, list):
            said = said[min(len(self.requests), len(said)) - 1]
        for old, new in zip(LINES, said):
            text = text.replace(old, new)
        return text.encode()
