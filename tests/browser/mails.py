#!/usr/bin/env python3
"""Render every sample mail as its readers see it, and check what a machine can check.

test_compose writes the samples of tests/mails as .txt, .html and .eml; this
opens each HTML twin in a headless Chromium, narrow and wide, light and dark.
"""
import argparse
import email
import email.policy
import glob
import html.parser
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chrome  # noqa: E402

LIMIT = 100 * 1024
STYLE_LIMIT = 8192   # Gmail drops a longer style block
WIDTHS = (390, 1100)


class Twin(html.parser.HTMLParser):
    """What the HTML says: links, visible texts by block, whatever would load."""

    BLOCKS = {"p", "div", "h1", "h2", "li", "td", "tr", "table", "br", "ul"}
    VOID = {"meta", "br", "img", "hr", "link", "input"}

    def __init__(self, text):
        super().__init__()
        self.links, self.blocks, self.loads, self.style = [], [""], [], ""
        self.stack = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a":
            self.links.append(attrs.get("href", ""))
        for name in ("src", "srcset", "background", "poster", "data", "action"):
            if name in attrs:
                self.loads.append(f"{tag} {name}={attrs[name]}")
        if tag in ("script", "link", "iframe", "form", "object", "svg", "base"):
            self.loads.append(tag)
        if tag not in self.VOID:
            self.stack.append((tag, "display:none" in attrs.get("style", "")))
        if tag in self.BLOCKS:
            self.blocks.append("")

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass
        if tag in self.BLOCKS:
            self.blocks.append("")

    def handle_data(self, data):
        tags = [t for t, _ in self.stack]
        if "style" in tags:
            self.style += data
        elif "title" not in tags and not any(hidden for _, hidden in self.stack):
            self.blocks[-1] += data


def plain(text):
    """Words only: neither line breaks, quote signs, bullets nor marks of layout count."""
    lines = [re.sub(r"^[> ]*(- )?", "", line) for line in text.splitlines()]
    return re.sub(r"[\W_]+", " ", " ".join(lines)).strip().lower()


# What only one twin says because only there it makes sense.
ONLY_HTML = [plain(s) for s in (
    "A button opens a page that shows the request; nothing is decided until you confirm there.",
    "A button opens an answer that is already written; send it to decide.",
    "Or just reply to this mail:", "Tap below, or reply", "Approve", "Reject")]


def check_facts(twin, text):
    """Every link and every block of words of the HTML stands in the text."""
    bad = []
    have = plain(text)
    words = set(have.split())
    for link in twin.links:
        if not link.startswith("mailto:") and link not in text:
            bad.append(f"the text lacks the link {link}")
    for block in twin.blocks:
        said = plain(block)
        if not said or said in have or any(said.startswith(o) for o in ONLY_HTML):
            continue
        missing = [w for w in said.split() if w not in words]
        if missing:
            bad.append(f"the text lacks {missing[:6]} of {block.strip()[:70]!r}")
    return bad


def check_mailto(link):
    parts = urllib.parse.urlsplit(link)
    body = urllib.parse.parse_qs(parts.query).get("body", [""])[0]
    bad = []
    if len(link) >= 2000:
        bad.append("a mailto: link is too long")
    if not re.match(r"(\d+: )?(approved|rejected)\r\n", body) or re.search(r"(?<!\r)\n", body):
        bad.append(f"a mailto: link's body is {body!r}")
    return bad


def check_files(base):
    """Faults of one sample that need no browser."""
    with open(base + ".html", encoding="utf-8") as f:
        source = f.read()
    with open(base + ".txt", encoding="utf-8") as f:
        text = f.read()
    with open(base + ".eml", "rb") as f:
        mail = email.message_from_binary_file(f, policy=email.policy.default)
    twin = Twin(source)
    subject, body = text.split("\n\n", 1)
    bad = check_facts(twin, text)
    if mail["subject"] != subject.removeprefix("Subject: "):
        bad.append(f"another mail program reads the subject as {mail['subject']!r}")
    for kind, want in (("plain", body), ("html", source)):
        got = mail.get_body((kind,)).get_content()
        if got.replace("\r\n", "\n").strip() != want.strip():
            bad.append(f"another mail program reads another {kind} part")
    if len(source.encode()) > LIMIT:
        bad.append(f"the HTML has {len(source.encode())} bytes")
    if len(twin.style.encode()) > STYLE_LIMIT:
        bad.append(f"the style block has {len(twin.style.encode())} bytes")
    bad += [f"the HTML loads or runs something: {what}" for what in twin.loads]
    if re.search(r"url\(|@import|@font-face|expression\(", twin.style + source):
        bad.append("a style loads something")
    for link in twin.links:
        bad += check_mailto(link) if link.startswith("mailto:") else []
        if not link.startswith(("mailto:", "https://")):
            bad.append(f"a link that nobody made: {link!r}")
    first = next((b.strip() for b in twin.blocks if b.strip()), "")
    if not first.startswith("--- ") or not body.strip().startswith("--- "):
        bad.append("the cut marker is not the first thing that a reader sees")
    long = [line for line in body.splitlines() if len(line) > 78 and " " in line.strip(" >-")]
    bad += [f"a text line is {len(line)} columns wide" for line in long
            if len(max(line.split(), key=len)) < 60]
    return bad


def check_page(page, base, out):
    """Faults that only a browser sees; makes the pictures."""
    bad = []
    name = os.path.basename(base)
    url = "file://" + os.path.abspath(base + ".html")
    page.screen(320)
    page.open(url)
    if chrome.overflow(page):
        bad.append(f"{chrome.overflow(page)} pixels too wide at 320")
    small = page.evaluate("[...document.querySelectorAll('a')].filter(a => "
                          "a.getBoundingClientRect().height < 44).length")
    if small:
        bad.append(f"{small} buttons are lower than a finger (44 pixels)")
    for width in WIDTHS:
        for dark in (False, True):
            page.screen(width, dark=dark)
            page.open(url)
            for ratio, text in chrome.contrast_faults(page)[:3]:
                bad.append(f"contrast {ratio} at {text!r} ({'dark' if dark else 'light'})")
            if chrome.overflow(page):
                bad.append(f"{chrome.overflow(page)} pixels too wide at {width}")
            if out:
                page.picture(f"{out}/{name}.{width}.{'dark' if dark else 'light'}.png")
    foreign = [u for u in page.requests if not u.startswith("file://")]
    page.requests.clear()
    return bad + [f"it asked for {u}" for u in foreign]


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--program", default="build/tests/test_compose")
    ask.add_argument("--site", help="folder of overrides (site_dir)")
    ask.add_argument("--out", help="keep the mails and their pictures here")
    ask.add_argument("--only", default="", help="samples whose name holds this")
    given = ask.parse_args()
    scratch = tempfile.TemporaryDirectory(prefix="mails-")
    folder = given.out or scratch.name
    os.makedirs(folder, exist_ok=True)
    more = {"ASSENT_MAILS_OUT": os.path.abspath(folder)}
    if given.site:
        more["ASSENT_MAILS_SITE"] = given.site
    done = subprocess.run([given.program], env={**os.environ, **more}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    if done.returncode:
        sys.exit(f"{given.program} failed:\n{done.stdout[-3000:]}")
    bases = [p[:-5] for p in sorted(glob.glob(folder + "/*.html")) if given.only in p]
    if not bases:
        sys.exit("no sample was rendered")
    failed = 0
    with chrome.Chrome() as browser:
        page = browser.page()
        for base in bases:
            bad = check_files(base) + check_page(page, base, given.out)
            print(("not ok " if bad else "ok ") + os.path.basename(base))
            for fault in bad:
                print("    " + fault)
            failed += bool(bad)
    print(f"{len(bases) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
