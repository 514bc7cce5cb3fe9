"""A headless Chromium, spoken to over a pipe (no port, nothing but the standard library).

    with Chrome() as chrome:
        page = chrome.page()
        page.screen(390, 844, dark=True)
        page.open("http://127.0.0.1:8080/")
        page.evaluate("document.title")
        page.picture("/tmp/x.png")

Every wait has a limit; Chromium ends with the block, whatever happened.
"""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PICTURE_MAX = 12000   # pixels of height: what is longer looks the same below
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


class ChromeError(Exception):
    pass


def find():
    """The browser's path, or None."""
    return next((p for p in map(shutil.which, NAMES) if p), None)


def _raised(fd):
    """The descriptor above 4, so that 3 and 4 are free for Chromium."""
    high = fcntl.fcntl(fd, fcntl.F_DUPFD, 10)
    os.close(fd)
    return high


class Chrome:
    def __init__(self, *arguments, limit=30):
        self.limit = limit
        self.number = 0
        self.events = []
        self.buffer = b""
        self.home = tempfile.mkdtemp(prefix="chrome-")
        path = find()
        if not path:
            raise ChromeError("there is no Chromium (apt-get install chromium)")
        their_in, self.to = map(_raised, os.pipe())
        self.back, their_out = map(_raised, os.pipe())

        def place():
            os.dup2(their_in, 3)
            os.dup2(their_out, 4)

        self.process = subprocess.Popen(
            [path, "--headless=new", "--remote-debugging-pipe", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
             "--disable-extensions", "--disable-background-networking", "--mute-audio",
             "--font-render-hinting=none", "--force-color-profile=srgb",
             "--user-data-dir=" + self.home, *arguments, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=place, pass_fds=(3, 4))
        os.close(their_in)
        os.close(their_out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.call("Browser.close", limit=5)
        except ChromeError:
            pass
        for fd in (self.to, self.back):
            os.close(fd)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def _message(self, until):
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise ChromeError("Chromium does not answer")
            piece = os.read(self.back, 1 << 20)
            if not piece:
                raise ChromeError("Chromium has ended")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, session=None, limit=None, **params):
        """Send one command of the DevTools protocol and give back its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        try:
            os.write(self.to, json.dumps(message).encode() + b"\0")
        except OSError as fault:
            raise ChromeError("Chromium has ended") from fault
        until = time.monotonic() + (limit or self.limit)
        while True:
            answer = self._message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise ChromeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def wait(self, method, session=None, limit=None):
        """The next event of this name (perhaps one that came already)."""
        until = time.monotonic() + (limit or self.limit)
        while True:
            for i, event in enumerate(self.events):
                if event["method"] == method and event.get("sessionId") == session:
                    return self.events.pop(i)["params"]
            answer = self._message(until)
            if "method" in answer:
                self.events.append(answer)

    def page(self, script=True):
        return Page(self, script)


class Page:
    """One tab with cookies of its own. requests lists every URL that it asked for."""

    def __init__(self, chrome, script=True):
        self.chrome = chrome
        self.requests = []
        context = chrome.call("Target.createBrowserContext")["browserContextId"]
        self.target = chrome.call("Target.createTarget", url="about:blank",
                                  browserContextId=context)["targetId"]
        self.session = chrome.call("Target.attachToTarget", targetId=self.target,
                                   flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        if not script:
            self.call("Emulation.setScriptExecutionDisabled", value=True)

    def call(self, method, **params):
        return self.chrome.call(method, self.session, **params)

    def screen(self, width, height=844, dark=False, scale=1):
        self.shown = (width, height, dark, scale)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=scale, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def _settle(self):
        """Until the page has loaded; what was asked for meanwhile is noted."""
        self.chrome.wait("Page.loadEventFired", self.session)
        mine = [e for e in self.chrome.events if e.get("sessionId") == self.session]
        self.requests += [e["params"]["request"]["url"] for e in mine
                          if e["method"] == "Network.requestWillBeSent"]
        self.log = getattr(self, "log", []) + [e["params"]["entry"]["text"] for e in mine
                                               if e["method"] == "Log.entryAdded"]
        self.chrome.events = [e for e in self.chrome.events
                              if e.get("sessionId") != self.session]

    def open(self, url):
        self._forget_loads()
        answer = self.call("Page.navigate", url=url)
        if answer.get("errorText"):
            raise ChromeError(f"{url}: {answer['errorText']}")
        self._settle()

    def _forget_loads(self):
        self.chrome.events = [e for e in self.chrome.events
                              if (e.get("sessionId"), e["method"]) !=
                              (self.session, "Page.loadEventFired")]

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise ChromeError("script: " + json.dumps(answer["exceptionDetails"])[:400])
        return answer["result"].get("value")

    def act(self, expression):
        """Run a script that leads to another page, and wait for that page."""
        self._forget_loads()
        self.evaluate(expression)
        self._settle()

    def press(self, key, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, text=text if kind == "keyDown"
                      else "", windowsVirtualKeyCode={"Tab": 9, "Enter": 13}.get(key, 0))

    def picture(self, path):
        """All of the page, in a window as high as it is.

        Not with captureBeyondViewport: that draws a page which runs from right
        to left beside its place (Chromium 14x; a mail at 1100 pixels by 149).
        """
        width, height, dark, scale = self.shown
        whole = self.evaluate("Math.ceil(document.documentElement.scrollHeight)")
        self.screen(width, max(height, min(whole, PICTURE_MAX)), dark, scale)
        data = self.call("Page.captureScreenshot", format="png")
        self.screen(width, height, dark, scale)
        with open(path, "wb") as out:
            out.write(base64.b64decode(data["data"]))


# Worst contrast of all visible text against what lies behind it (WCAG 2.2), as a script.
CONTRAST = r"""
(() => {
  const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return [m[0], m[1], m[2], m[3] ?? 1] };
  const lum = c => { const f = v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 };
    return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]) };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const both = getComputedStyle(document.documentElement).colorScheme.includes('dark');
  const base = both && matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
  const back = e => { const layers = []; for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor); if (c[3]) layers.push(c); if (c[3] === 1) break }
    return layers.reduceRight((below, c) => over(c, below), base) };
  const bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walk.nextNode();) {
    if (!n.textContent.trim()) continue;
    const e = n.parentElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
    if (!box.width || !box.height || s.visibility === 'hidden') continue;
    if (e.closest('style, script, title')) continue;
    const under = back(e), ink = over(parse(s.color), under), a = lum(ink), b = lum(under);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < LIMIT) bad.push([+ratio.toFixed(2), n.textContent.trim().slice(0, 60)]);
  }
  return bad;
})()
"""


def contrast_faults(page, limit=4.5):
    """[[ratio, text], …] of what is hard to read."""
    return page.evaluate(CONTRAST.replace("LIMIT", str(limit)))


def overflow(page):
    """Pixels that the page is wider than its window, or 0."""
    return max(0, page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"))
