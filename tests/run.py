#!/usr/bin/python3
"""Run test programs, a few at once, and say how it went.

usage: run.py [-j N] [-t SECONDS] NAME=COMMAND ...

Each NAME=COMMAND is one shell command. Its output is kept and shown only when it
fails, except lines that start with "left out:". The last line is
"N passed, N failed".
"""
import argparse
import concurrent.futures
import os
import signal
import subprocess
import sys
import time


def run(name, command, seconds):
    start = time.monotonic()
    p = subprocess.Popen(command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, start_new_session=True)
    try:
        out, _ = p.communicate(timeout=seconds)
        rc = p.returncode
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        out, _ = p.communicate()
        out += f"\nended after {seconds} s: it hung\n".encode()
        rc = 1
    return name, rc, out.decode("utf-8", "replace"), time.monotonic() - start


def main():
    a = argparse.ArgumentParser()
    # One more than processors: most tests wait for servers now and then. The
    # longest come first in the Makefile, so that none is waited for at the end.
    a.add_argument("-j", type=int, default=(os.cpu_count() or 1) + 1)
    a.add_argument("-t", type=int, default=600)
    a.add_argument("tests", nargs="*")
    a = a.parse_args()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(a.j) as pool:
        work = [pool.submit(run, *t.split("=", 1), a.t) for t in a.tests]
        for done in concurrent.futures.as_completed(work):
            name, rc, out, took = done.result()
            print(f"{'ok  ' if rc == 0 else 'FAIL'} {name} ({took:.1f} s)", flush=True)
            for line in out.splitlines():
                if rc != 0 or line.startswith("left out:"):
                    print("     " + line, flush=True)
            failed += rc != 0
    print(f"{len(a.tests) - failed} passed, {failed} failed")
    return 1 if failed or not a.tests else 0


if __name__ == "__main__":
    sys.exit(main())
