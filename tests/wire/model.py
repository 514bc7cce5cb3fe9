"""models_run() in a process of its own: tests/wire/drive.c.

    with Model(build) as model:
        one = model.run([provider(...)], stream=True)
        one["text"], one["trouble"], one["why"], one["began"], one["pieces"]
"""
import json
import os
import subprocess

KEY = "sk-northwind-key"


def provider(name, kind, base_url, key=KEY):
    return {"name": name, "kind": kind, "base_url": base_url, "key": key, "model": "acme-small"}


class Model:
    def __init__(self, build, timeout=10000, batch_timeout=20000):
        self.program = os.path.abspath(build) + "/wire/drive"
        self.times = {"timeout": timeout, "batch_timeout": batch_timeout}
        self.providers = {}  # what is known of those of the last run

    def __enter__(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        status = self.process.wait(30)
        self.process.stdout.close()
        if status and not kind:
            raise AssertionError(f"the driver ended with {status}")

    def run_all(self, providers, calls):
        line = json.dumps({"providers": providers, "calls": calls, **self.times})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        out = json.loads(self.process.stdout.readline())
        if "fault" in out:
            raise AssertionError(out["fault"])
        self.providers = out["providers"]
        return out["calls"]

    def run(self, providers, **call):
        return self.run_all(providers, [call])[0]
