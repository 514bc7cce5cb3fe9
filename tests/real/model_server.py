"""A model's server on loopback that replays exchanges/*.json.

    with ModelServer() as server:
        server.plays = ["openai"]         # the last one goes on for ever
        server.requests                   # what came: {"path", "headers", "json"}
        server.most                       # how many were open at once
        server.hold(), server.let_go()    # answers wait
        server.by_title["Backup"] = "status-500"

An exchange is {"about", "status", "headers", "body" (JSON) or "text", "fault"}.
The shapes are those of OpenAI-compatible servers; faults are ours: disconnect
(in the middle of the body), silent (never answers), large (5 MB).
"""
import json
import os
import socket
import threading

from loopback import Handler, Loopback

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exchanges")


def write_key(settings, key="sk-of-this-test"):
    """To ai.key."""
    path = os.path.dirname(settings["state_dir"]) + "/ai.key"
    with open(path, "w", encoding="ascii") as f:
        f.write(key + "\n")
    os.chmod(path, 0o600)


def settle(server, **more):
    """For Desk(change=...): the model is the one of this server."""
    def change(settings):
        write_key(settings)
        settings["ai"] = {"kind": "openai", "base_url": server.url, "model": "acme-small",
                          "key_file": "ai.key", "timeout": "10s", "batch_timeout": "20s", **more}
    return change


def exchange(name):
    with open(f"{FOLDER}/{name}.json", encoding="utf-8") as f:
        return json.load(f)


class ModelServer(Loopback):
    def __init__(self):
        self.plays = ["openai"]
        self.by_title = {}
        self.requests = []
        self.open = self.most = 0
        self.going = threading.Event()
        self.going.set()
        self.over = threading.Event()
        self.lock = threading.Lock()
        outer = self

        class Answer(Handler):
            def do_POST(self):
                body = json.loads(self.body())
                with outer.lock:
                    outer.open += 1
                    outer.most = max(outer.most, outer.open)
                    outer.requests.append({"path": self.path, "headers": dict(self.headers),
                                           "json": body})
                    play = outer.choose(body)
                outer.going.wait(60)
                with outer.lock:
                    outer.open -= 1
                try:
                    self.answer(play)
                except OSError:
                    pass

            def answer(self, play):
                fault = play.get("fault")
                if fault == "silent":
                    outer.over.wait(60)
                    self.close_connection = True
                    return
                data = (play["text"] if "text" in play else json.dumps(play["body"])).encode()
                if fault == "large":
                    data = b" " * 5_000_000 + data
                self.send_response(play.get("status", 200))
                for name, value in play.get("headers", {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if fault == "disconnect":
                    self.wfile.write(data[:len(data) // 2])
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.wfile.write(data)

        self.serve(Answer)
        self.url = self.address + "/v1"

    def let_all_go(self):
        self.going.set()
        self.over.set()

    def choose(self, body):
        material = body["messages"][-1]["content"]
        for title, name in self.by_title.items():
            if title in material:
                return exchange(name)
        return exchange(self.plays.pop(0) if len(self.plays) > 1 else self.plays[0])

    def hold(self):
        self.going.clear()

    def let_go(self):
        self.going.set()
