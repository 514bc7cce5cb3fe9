"""The schemas of tests/schemas: what the makers of the APIs say of requests and answers.

    faults("openai", "request", json)    # sentences; none: it conforms
    address_faults("gemini", path)       # the same for an address
"""
import functools
import json
import os
import re

import jsonschema

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "schemas")

# An event of Gemini's is a whole answer that goes on.
SAME = {("gemini", "event"): "gemini-answer"}

ADDRESSES = {
    "openai": r".*/chat/completions(\?api-version=[\w.-]+)?",
    "anthropic": r".*/v1/messages",
    "gemini": r".*/v1beta/models/[^/:?]+:(generateContent|streamGenerateContent\?alt=sse)",
}


@functools.lru_cache(None)
def validator(name):
    with open(f"{FOLDER}/{name}.json", encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def _deepest(error):
    """Of all choices that did not fit, the one that came furthest."""
    while error.context:
        error = max(error.context, key=lambda e: len(e.absolute_path))
    return error


def faults(api, what, value):
    out = []
    for error in validator(SAME.get((api, what), f"{api}-{what}")).iter_errors(value):
        error = _deepest(error)
        where = "/".join(map(str, error.absolute_path))
        out.append(f"{api} {what}: /{where}: {error.message}"[:400])
    return out


def address_faults(api, path):
    if re.fullmatch(ADDRESSES[api], path):
        return []
    return [f"{api}: {path} is no address of it"]
