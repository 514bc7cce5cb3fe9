#!/usr/bin/python3
"""Invariant 4: whoever fetches, follows or runs what a mail or page names decides nothing."""
import os
import re
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "browser"))

from chrome import Chrome, find  # noqa: E402
from daemon import (BOB, DAY, FORM, MINUTE, SAM, Failure,  # noqa: E402
                    addresses_in, fetch, main, same, story)

KINDS = ["already", "batch", "closed", "not-understood", "outcome", "owner-changed", "question",
         "receipt", "request", "requester", "second-thought", "transcript", "unclear"]


def tell_requesters(site):
    # Rules would raise packets at times of their own (test_rules.py).
    site["site_dir"] = os.path.dirname(site["state_dir"]) + "/site"
    os.makedirs(site["site_dir"] + "/rules")
    for name in ("desk", "approvals"):
        with open(f"{site['site_dir']}/rules/{name}.yaml", "w", encoding="utf-8") as f:
            f.write("rules: []\n")
    site["approvals"] = {"tell_requester": True}


def every_kind(desk):
    """One mail of every kind, and questions in every state."""
    desk.ask("Does anybody read this?", subject="Expires")
    desk.go(2 * DAY + MINUTE)
    desk.wait_mail(subject="Reminder")
    desk.go(13 * DAY)
    desk.wait_states("expired")
    decided = desk.ask("Shall we?", subject="Is decided")
    desk.answer(decided, "Approved if it is cheap.")
    desk.quiet()
    desk.answer(decided, "Who pays for it?")
    desk.quiet()
    url = decided.link("Reject")
    desk.post(url, desk.open(url), decision="reject", comment="no")
    desk.answer(decided, "approved")
    desk.quiet()
    old = desk.ask("The old question?", subject="Is replaced")
    desk.mail(SAM, "Re: " + old.subject, "ask: The new question?")
    desk.quiet()
    desk.go(MINUTE)
    desk.wait_mail(kind="request", newer=[old], subject="Is replaced")
    taken_back = desk.ask("Shall we not?", subject="Is withdrawn")
    desk.mail(SAM, "Re: " + taken_back.subject, "withdraw")
    desk.quiet()
    desk.mail(SAM, "Re: " + decided.subject, "owner: bob.hansen@northwind-tools.example")
    desk.quiet()  # two files of one moment have no order
    desk.mail(SAM, "Re: " + decided.subject, "owner: anna.lindqvist@northwind-tools.example")
    desk.quiet()
    desk.mail(BOB, "Hello", "What is this address for?")
    desk.ask_many("Printer", "Desk", "Batteries")
    desk.quiet()
    same("kinds of mail", sorted({m.kind for m in desk.mails()}), KINDS)
    same("states", sorted(set(desk.states())),
         ["expired", "rejected", "sent", "superseded", "withdrawn"])


def named_in(mail):
    """Every address that a scanner could find in a mail."""
    found = set(addresses_in(mail.html))
    found |= set(re.findall(r"https?://[^\s<>\"']+", mail.text + " " + mail.html))
    found |= set(re.findall(r"https?://[^\s<>\"']+", mail.raw.decode("utf-8", "replace")))
    return {u.replace("&amp;", "&") for u in found}


def ours(desk, addresses, base=""):
    out = set()
    for one in addresses:
        whole = urllib.parse.urljoin(base or desk.url + "/", one)
        if whole.startswith("http"):
            if not whole.startswith(desk.url):
                raise Failure(f"leads elsewhere: {whole}")
            out.add(whole.split("#")[0])
    return out


def crawl(desk):
    """GET and HEAD everything, and everything that it leads to."""
    todo = set()
    for mail in desk.mails():
        todo |= ours(desk, named_in(mail))
    seen = set()
    while todo:
        url = todo.pop()
        seen.add(url)
        head = desk.open(url, "HEAD")
        page = desk.open(url)
        same("HEAD and GET of " + url, head.status, page.status)
        same("status of " + url, page.status, 200)
        found = set(page.addresses)
        found |= set(re.findall(r"url\(['\"]?([^'\")]+)", page.html))
        todo |= ours(desk, found, url) - seen
    return seen


def links(desk):
    return sorted(u for u in {u for m in desk.mails() for u in named_in(m)} if "/a/" in u)


@story(change=tell_requesters)
def following_every_address_changes_nothing(desk):
    every_kind(desk)
    before = desk.dump()
    seen = crawl(desk)
    same("links found", len([u for u in seen if "/a/" in u]) >= 2 * 7, True)
    same("what is stored", desk.dump(), before)
    desk.quiet()
    same("what is stored", desk.dump(), before)


@story(change=tell_requesters)
def odd_methods_and_queries_change_nothing(desk):
    every_kind(desk)
    before = desk.dump()
    for url in links(desk):
        bare = url.split("?")[0]
        for query in ("decision=approve", "d=approve&decision=approve&confirm=1",
                      "decision=approve&comment=yes&nonce=x&asked_hash=y", "action=ask-again",
                      "_method=POST&decision=approve"):
            desk.open(f"{bare}?{query}")
        for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
            status = desk.open(bare, method).status
            same(f"{method}", status in (400, 404, 405, 501), True)
    for header in ({"X-HTTP-Method-Override": "POST"}, {"Purpose": "prefetch"},
                   {"Sec-Purpose": "prefetch;prerender"}, {"Expect": "100-continue"}):
        for url in links(desk):
            desk.open(url, **header)
    same("what is stored", desk.dump(), before)


@story(change=tell_requesters)
def a_form_without_the_pages_own_nonce_changes_nothing(desk):
    every_kind(desk)
    before = desk.dump()
    for url in links(desk):
        for field in ("decision=approve", "decision=approve&nonce=&asked_hash=",
                      "decision=reject&nonce=" + "a" * 32, "action=fresh-link", "action=ask-again"):
            desk.open(url)  # a scanner that submits what it guesses
            fetch("POST", url, field.encode(), FORM)
    same("states", [r[0] for r in desk.rows("SELECT count(*) FROM ledger")],
         [len(before["ledger"])])
    same("what is stored", desk.dump(), before)


@story(change=tell_requesters)
def a_browser_with_scripts_changes_nothing(desk):
    if not find():
        return "there is no Chromium"
    every_kind(desk)
    before = desk.dump()
    with Chrome() as chrome:
        page = chrome.page()
        for url in links(desk):
            page.open(url)
            same("scripts in the page", page.evaluate("document.scripts.length"), 0)
            # What a scanner with scripts may do without pressing a button.
            page.evaluate("document.querySelectorAll('*').forEach(e => {"
                          "for (const k of ['mouseover', 'mousemove', 'focus', 'scroll'])"
                          " e.dispatchEvent(new Event(k, {bubbles: true}))})")
            same("status quo", page.evaluate("document.readyState"), "complete")
        foreign = [u for u in page.requests
                   if u.startswith("http") and not u.startswith(desk.url)]
        same("asked elsewhere", foreign, [])
        for mail in desk.mails():
            if mail.html:
                path = os.path.join(desk.folder, "mail.html")
                with open(path, "w", encoding="utf-8") as f:
                    f.write(mail.html)
                page.requests = []
                page.open("file://" + path)
                same(f"fetched by showing a {mail.kind} mail",
                     [u for u in page.requests if u.startswith("http")], [])
    same("what is stored", desk.dump(), before)
    return None


if __name__ == "__main__":
    sys.exit(main(globals()))
