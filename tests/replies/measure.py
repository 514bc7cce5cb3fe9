#!/usr/bin/python3
"""Measure decisions on labelled replies: measure.py [--build BUILD] [--show LANG] [FOLDER].

Each row of FOLDER/*.jsonl (tests/replies/blind when none is named) holds a reply's
own words and what a careful person would decide: approve, reject or unclear, or a
list of these for a question of several items. One item is one decision.
"""
import argparse
import collections
import json
import math
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HALVES = "even", "odd"
LENGTHS = (3, "1 to 3 words"), (10, "4 to 10 words"), (25, "11 to 25 words")


def rows_of(folder, half=None):
    rows = []
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        rows += [{"lang": path.stem, **json.loads(line)}
                 for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [r for r in rows if half in (None, HALVES[int(r["id"].split("-")[1]) % 2])]


def wanted(row):
    want = row["expected"]
    return want if isinstance(want, list) else [want] * (row.get("bulk_n") or 1)


def decide(build, rows):
    """The decisions of the program, by id of row."""
    feed = "".join(json.dumps({"id": r["id"], "text": r["text"], "items": len(wanted(r)),
                               "locale": r["lang"]}) + "\n"
                   for r in rows)
    done = subprocess.run([os.path.join(build, "assent"), "reply", "decide", "--jsonl"],
                          input=feed.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {a["id"]: [i["decision"] for i in a["items"]] for a in answers}


def tail(failures, trials, p):
    """How likely at most so many failures are, when one is p likely."""
    return sum(math.comb(trials, k) * p**k * (1 - p)**(trials - k) for k in range(failures + 1))


def upper(failures, trials, sure=0.95):
    """Clopper and Pearson's one-sided upper bound, as a share."""
    low, high = 0.0, 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        low, high = (middle, high) if tail(failures, trials, middle) > 1 - sure else (low, middle)
    return high


class Count:
    def __init__(self):
        self.all = self.right = self.false_yes = self.false_no = self.not_yes = self.not_no = 0
        self.missed = collections.Counter()

    def add(self, want, got):
        self.all += 1
        self.right += want == got
        self.false_yes += got == "approve" != want
        self.false_no += got == "reject" != want
        self.not_yes += want != "approve"
        self.not_no += want != "reject"
        if want != got == "unclear":
            self.missed[want] += 1

    def share(self):
        return 100.0 * self.right / self.all if self.all else 100.0

    def line(self, name):
        return (f"{name:14} {self.right:5}/{self.all:<5} {self.share():6.1f} %"
                f"{self.false_yes:8}{self.false_no:8}{self.missed['approve']:10}{self.missed['reject']:8}")


def length_of(row):
    words = len(row["text"].split())
    if row.get("bulk_n"):
        return "several items"
    return next((name for most, name in LENGTHS if words <= most), "longer")


def by_length(build, rows):
    """A Count a length of the reply."""
    counts, got = collections.defaultdict(Count), decide(build, rows)
    for row in rows:
        for want, answer in zip(wanted(row), got.get(row["id"], [])):
            counts[length_of(row)].add(want, answer)
    return counts


def measure(build, rows):
    """A Count a language and "all", and the rows that came out differently."""
    counts, wrong = collections.defaultdict(Count), []
    got = decide(build, rows)
    for row in rows:
        answers = got.get(row["id"], [])
        if answers != wanted(row):
            wrong.append((row, answers))
        for want, answer in zip(wanted(row), answers + ["missing"] * len(wanted(row))):
            for name in (row["lang"], "all"):
                counts[name].add(want, answer)
    return counts, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--show", help="print the rows of a language (or all) that came out wrong, odd "
                        "numbers only: the others are to stay unseen")
    parser.add_argument("--half", choices=HALVES, help="only rows with an odd number, to which the "
                        "lexicon was tuned, or those with an even one, which were left unseen")
    parser.add_argument("folder", nargs="?", default=HERE / "blind")
    args = parser.parse_args()
    rows = rows_of(args.folder, args.half)
    counts, wrong = measure(args.build, rows)
    lengths = by_length(args.build, rows)
    print("lang           right         share   false yes false no  missed yes  missed no")
    for name in sorted(counts, key=lambda n: (n == "all", n)):
        print(counts[name].line(name))
    for name in sorted(lengths):
        print(lengths[name].line(name))
    total = counts["all"]
    print(f"false approvals: {total.false_yes} of {total.not_yes} that were none, "
          f"at 95 % at most {100 * upper(total.false_yes, total.not_yes):.2f} %")
    print(f"false rejections: {total.false_no} of {total.not_no} that were none, "
          f"at 95 % at most {100 * upper(total.false_no, total.not_no):.2f} %")
    for row, answers in wrong:
        if args.show in (row["lang"], "all") and int(row["id"].split("-")[1]) % 2:
            print(f"{row['id']} {row.get('class', '')}: {row['text']!r} want {row['expected']} got {answers}")
    return 1 if total.false_yes or total.false_no else 0


if __name__ == "__main__":
    sys.exit(main())
