"""docs/openapi.yaml, and a client that holds a daemon to it.

    api = Api(desk, token)
    api.call("openTicket", 201, {"title": …})

Every answer must be one that the document promises: its status, its headers,
each of its fields and no other. What was called is remembered in SEEN.
"""
import http.client
import json
import os
import sys
import urllib.parse

import jsonschema
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "story"))

from daemon import Failure, LIMIT  # pylint: disable=wrong-import-position

with open(os.path.join(HERE, "..", "..", "docs", "openapi.yaml"), encoding="utf-8") as f:
    DOCUMENT = yaml.safe_load(f)
METHODS = "get", "put", "post", "patch", "delete"
SEEN = set()  # (operation, status)
NAMED = set()  # (operation, parameter)
SENT = set()  # (schema, property) of request bodies that were taken


def resolve(value):
    """The thing itself where value is a reference to it."""
    while isinstance(value, dict) and set(value) == {"$ref"}:
        found = DOCUMENT
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def validate(what, instance, schema):
    whole = {"components": DOCUMENT["components"], "allOf": [schema]}
    validator = jsonschema.Draft202012Validator(whole)
    for fault in validator.iter_errors(instance):
        raise Failure(f"{what}: at /{'/'.join(map(str, fault.absolute_path))}: {fault.message}")


class Operation:
    def __init__(self, path, method, item, entry):
        self.path, self.method, self.entry = path, method.upper(), entry
        self.name = entry["operationId"]
        self.parameters = [resolve(p) for p in
                           item.get("parameters", []) + entry.get("parameters", [])]
        self.responses = {status: resolve(r) for status, r in entry["responses"].items()}

    def has(self, where, name):
        return any(p["in"] == where and p["name"].lower() == name.lower() for p in self.parameters)

    def body_schema(self):
        body = resolve(self.entry.get("requestBody"))
        return body and body["content"]["application/json"]["schema"]

    def url(self, names):
        path = self.path
        for name, value in names.items():
            if not self.has("path", name):
                raise Failure(f"{self.name} has no {{{name}}}")
            path = path.replace("{" + name + "}", urllib.parse.quote(str(value), safe=""))
        if "{" in path:
            raise Failure(f"{self.name}: {path} is not complete")
        return path


OPERATIONS = {entry["operationId"]: Operation(path, method, item, entry)
              for path, item in DOCUMENT["paths"].items()
              for method, entry in item.items() if method in METHODS}


class Answer:
    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        try:
            self.json = json.loads(self.body)
        except ValueError:
            self.json = None

    def error(self):
        return (self.json or {}).get("error", {})


def content_is_json(answer):
    return answer.headers.get("Content-Type") == "application/json"


def check(operation, answer):
    """Is this one of the answers that are promised?"""
    what = f"{operation.name} {answer.status}"
    response = operation.responses.get(str(answer.status))
    if not response:
        raise Failure(f"{what} is not documented: {answer.body[:300]!r}")
    for name, header in response.get("headers", {}).items():
        value = answer.headers.get(name)
        if value is None and name != "Idempotent-Replay":
            raise Failure(f"{what} has no {name}")
        if value is not None:
            validate(f"{what}: {name}", value, resolve(header)["schema"])
    kind = (answer.headers.get("Content-Type") or "").removesuffix("; charset=utf-8")
    content = response.get("content", {})
    if kind not in content and (content or answer.body):
        raise Failure(f"{what} is {kind!r}")
    if content:
        validate(what, answer.json if kind == "application/json" else answer.body.decode(),
                 content[kind]["schema"])
    SEEN.add((operation.name, str(answer.status)))


def remember(operation, body, names):
    for name in names:
        NAMED.add((operation.name, name))
    schema = operation.body_schema()
    if schema:
        validate(f"{operation.name}: what was sent", body, schema)
        for name in body:
            SENT.add((operation.name, name))


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("assentd", timeout=LIMIT)
        self.path = path

    def connect(self):
        import socket  # pylint: disable=import-outside-toplevel
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT)
        self.sock.connect(self.path)


class Api:
    def __init__(self, desk, token, over_unix=False):
        self.desk, self.token, self.over_unix = desk, token, over_unix

    def send(self, method, path, body=None, **headers):
        """One request as it is, judged by nobody."""
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        if self.token and "Authorization" not in headers:
            headers["Authorization"] = "Bearer " + self.token
        connection = (Unix(self.desk.settings["run_dir"] + "/control") if self.over_unix else
                      http.client.HTTPConnection("127.0.0.1", self.desk.port, timeout=LIMIT))
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    # pylint: disable-next=too-many-arguments
    def call(self, name, status, body=None, key=None, query=None, headers=None, **names):
        """An operation, whose answer must have this status and be as documented."""
        operation = OPERATIONS[name]
        sent = list(headers or {})
        headers = {k.replace("-", "_"): v for k, v in (headers or {}).items()}
        if body is not None:
            headers["Content_Type"] = "application/json"
        if key is not None:
            headers["Idempotency_Key"] = key
        path = operation.url(names)
        for parameter in query or {}:
            if not operation.has("query", parameter):
                raise Failure(f"{name} has no ?{parameter}")
        if query:
            path += "?" + urllib.parse.urlencode(query)
        raw = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        answer = self.send(operation.method, path, raw, **headers)
        check(operation, answer)
        if answer.status != status:
            raise Failure(f"{name}: {answer.status}, expected {status}: {answer.body[:500]!r}")
        if status < 300:
            remember(operation, body, [*names, *(query or {}), *sent,
                                       *(["Idempotency-Key"] if key else [])])
        return answer.json if content_is_json(answer) else answer.body.decode()

    def refused(self, name, status, code, **more):
        """call() that is refused with this code; the error."""
        error = self.call(name, status, **more)["error"]
        if error["code"] != code:
            raise Failure(f"{name}: {error}, expected {code}")
        return error


# --- the document itself ---------------------------------------------------------


def examples(value, path=""):
    """Every (place, schema, example) of the document."""
    if isinstance(value, list):
        for i, inner in enumerate(value):
            yield from examples(inner, f"{path}/{i}")
    if not isinstance(value, dict):
        return
    if "schema" in value:
        if "example" in value:
            yield path, value["schema"], value["example"]
        for name, example in value.get("examples", {}).items():
            yield f"{path} {name}", value["schema"], example["value"]
    if "/schemas/" in path and isinstance(value.get("examples"), list):
        for example in value["examples"]:
            yield path, value, example
    for key, inner in value.items():
        if key not in ("example", "examples"):
            yield from examples(inner, f"{path}/{key}")


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)
