#!/usr/bin/env python3
"""Look at every page of the portal as people see it, and check what a machine can check.

    tests/browser/render.py --build build --out /tmp/pages

"test_page serve" puts the samples of tests/pages behind the real server; each
is opened in a headless Chromium at 390×844 and 1280×900, light and dark, and
narrow at 320. Prints each fault and "N passed, N failed"; ends with 1 if any.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chrome  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SITE_AR = os.path.join(TOP, "tests/pages/site-ar")
SCREENS = ((390, 844), (1280, 900))
TOUCH = 44

STRUCTURE = r"""
(() => {
  const bad = [], all = s => [...document.querySelectorAll(s)];
  const need = (ok, what) => { if (!ok) bad.push(what) };
  const seen = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
  const name = e => (e.getAttribute('aria-label') || [...(e.labels || [])].map(l => l.textContent).join(' ')
    || (e.matches('button, a') ? e.textContent : '')).trim();
  need(document.title.trim(), 'no title');
  need(document.documentElement.lang, 'no lang');
  need(['ltr', 'rtl'].includes(document.documentElement.dir), 'no dir');
  need(all('h1').filter(seen).length === 1, 'not one h1');
  for (const tag of ['header', 'main', 'footer']) need(all('body > ' + tag).length === 1, 'not one ' + tag);
  need(document.querySelector('main h1'), 'the h1 is not in main');
  const levels = all('h1,h2,h3,h4').filter(seen).map(h => +h.tagName[1]);
  levels.forEach((l, i) => need(i === 0 ? l === 1 : l <= levels[i - 1] + 1, 'a heading level is skipped'));
  const ids = all('[id]').map(e => e.id);
  need(new Set(ids).size === ids.length, 'an id occurs twice');
  for (const e of all('[aria-labelledby],[aria-describedby]'))
    for (const id of ((e.getAttribute('aria-labelledby') || '') + ' ' + (e.getAttribute('aria-describedby') || '')).split(' '))
      need(!id || document.getElementById(id), 'nothing has the id ' + id);
  for (const e of all('input:not([type=hidden]), textarea, select, button, a'))
    if (seen(e)) need(name(e), 'no name: ' + e.outerHTML.slice(0, 80));
  for (const e of all('button, textarea, .jump a').filter(seen)) {
    const b = e.getBoundingClientRect();
    need(b.height >= TOUCH && b.width >= TOUCH, `small (${b.width}×${b.height}): ` + e.outerHTML.slice(0, 60));
  }
  for (const e of all('h1, li, blockquote, dd').filter(seen))
    need(e.textContent.trim() === '' || parseFloat(getComputedStyle(e).fontSize) >= 13, 'small print: ' + e.textContent.slice(0, 40));
  for (const e of all('main *').filter(seen)) {
    const b = e.getBoundingClientRect();
    need(b.right <= innerWidth + 1 && b.left >= -1, 'sticks out: ' + e.outerHTML.slice(0, 60));
  }
  need(all('script, iframe, object, embed, img, style, [style]').length === 0, 'something that the policy forbids');
  return [...new Set(bad)];
})()
"""

FOCUS = r"""
(() => { const e = document.activeElement, s = getComputedStyle(e);
  return [e === document.body ? '' : (e.name || e.tagName.toLowerCase()) + (e.value && e.tagName === 'BUTTON' ? '=' + e.value : ''),
    s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2] })()
"""


class Look:
    def __init__(self, base, page, out):
        self.base, self.page, self.out = base, page, out
        self.prefix = ""
        self.passed, self.faults = 0, []

    def check(self, where, faults):
        self.passed += not faults
        self.faults += [f"{where}: {fault}" for fault in faults]

    def open(self, name, width, height, dark):
        self.page.screen(width, height, dark)
        self.page.log = []
        self.page.requests = []
        self.page.open(f"{self.base}/p/{name}")

    def picture(self, name, width, dark):
        if self.out:
            self.page.picture(f"{self.out}/{self.prefix}{name}-{width}{'-dark' if dark else ''}.png")

    def sample(self, name, status):
        for width, height in SCREENS + ((320, 640),):
            for dark in (False, True):
                where = f"{self.prefix}{name} {width} {'dark' if dark else 'light'}"
                self.open(name, width, height, dark)
                wide = chrome.overflow(self.page)
                self.check(where, [f"{wide} px too wide"] if wide else [])
                self.check(where, [f"contrast {r} of “{t}”"
                                   for r, t in chrome.contrast_faults(self.page)])
                self.check(where, self.page.evaluate(STRUCTURE.replace("TOUCH", str(TOUCH))))
                # Chromium itself notes a status of 400 and above.
                self.check(where, [line for line in self.page.log
                                   if not (status >= 400 and "status of" in line)])
                self.check(where, ["asked for " + url for url in self.page.requests
                                   if not url.startswith(self.base)])
                if width != 320:
                    self.picture(name, width, dark)

    def keyboard(self, name, want):
        self.open(name, 1280, 900, False)
        got, faults = [], []
        for _ in range(len(want)):
            self.page.press("Tab")
            focus, visible = self.page.evaluate(FOCUS)
            got.append(focus)
            if not visible:
                faults.append(f"the focus on {focus} is not visible")
        if got != want:
            faults.append(f"Tab leads to {got}, not {want}")
        self.check(f"{name} keyboard", faults)

    def enter(self, name):
        """Enter in the comment makes a line, not a decision."""
        self.open(name, 1280, 900, False)
        self.page.evaluate("document.getElementById('comment').focus()")
        before = len(self.page.requests)
        self.page.press("Enter", "\r")
        text = self.page.evaluate("document.getElementById('comment').value")
        self.check(f"{name} enter", [] if text == "\n" else [f"Enter gave {text!r}"])
        sent = self.page.evaluate("performance.getEntriesByType('navigation').length")
        self.check(f"{name} enter", [] if sent == 1 and len(self.page.requests) == before
                   else ["Enter sent the form"])

    def walls(self, name):
        """The policy is in force: a script put into the page does not run."""
        self.open(name, 390, 844, False)
        ran = self.page.evaluate(
            "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            " document.body.append(s); return window.ran === 1 })()")
        self.check(f"{name} policy", ["an inline script ran"] if ran else [])


class Served:
    """The samples behind the real server, with a site's own templates or without."""

    def __init__(self, program, *site):
        self.process = subprocess.Popen([program, "serve", *site], cwd=TOP, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.base = "http://127.0.0.1:" + self.process.stdout.readline().strip()

    def __enter__(self):
        return self.base

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def look(arguments, program):
    with chrome.Chrome() as browser, Served(program) as base, Served(program, SITE_AR) as base_ar:
        eyes = Look(base, browser.page(), arguments.out)
        for path in sorted(glob.glob(os.path.join(TOP, "tests/pages/*.json"))):
            name = os.path.basename(path)[:-len(".json")]
            if arguments.only and arguments.only not in name:
                continue
            with open(path, encoding="utf-8") as sample:
                eyes.sample(name, json.load(sample)["status"])
        # A site's own Arabic templates: the same style sheet from right to left.
        eyes.base, eyes.prefix = base_ar, "ar-"
        eyes.sample("confirm.rtl", 200)
        eyes.sample("decided.rtl", 200)
        eyes.base, eyes.prefix = base, ""
        eyes.keyboard("confirm", ["comment", "decision=approve", "decision=reject"])
        eyes.keyboard("expired", ["button"])
        eyes.enter("confirm")
        eyes.walls("confirm")
    return eyes


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build", help="the build folder (tests/test_page in it)")
    parser.add_argument("--program", help="test_page itself, in place of --build")
    parser.add_argument("--out", help="a folder for pictures")
    parser.add_argument("--only", help="only samples whose name has this in it")
    arguments = parser.parse_args()
    if not chrome.find():
        print("there is no Chromium (apt-get install chromium)")
        return 1
    if arguments.out:
        os.makedirs(arguments.out, exist_ok=True)
    program = os.path.abspath(arguments.program or os.path.join(arguments.build, "tests/test_page"))
    eyes = look(arguments, program)
    for fault in eyes.faults:
        print(fault)
    print(f"{eyes.passed} passed, {len(eyes.faults)} failed")
    return 1 if eyes.faults or not eyes.passed else 0


if __name__ == "__main__":
    sys.exit(main())
