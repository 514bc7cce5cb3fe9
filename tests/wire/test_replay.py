"""models_run() against a server that replays tests/exchanges, over real connections."""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/../story"]
# pylint: disable=wrong-import-position
from daemon import Failure, main, same, story
from model import KEY, Model, provider
from replay import STUCK, Replay, events_of, exchange, names

APIS = ("openai", "anthropic", "gemini")


def one(server, name):
    return provider(name, exchange(name.removesuffix(STUCK))["api"], server.url(name))


def check_server(server):
    same("requests that depart from their API", server.faults, [])
    for request in server.requests:
        keys = [n for n, v in request["headers"].items() if KEY in v]
        same("headers with the key", len(keys), 1)
        if KEY in str(request["json"]) or KEY in request["path"]:
            raise Failure("a key is in a body or an address")


def check_words(got):
    for word in (KEY, "Bob", "licences", "twelve"):
        if word in got["why"]:
            raise Failure(f"a sentence about a failure says {word!r}: {got['why']}")


def as_wanted(name, got, is_stream):
    """What the exchange itself says must come of it."""
    want, play = exchange(name).get("want", {}), exchange(name)
    check_words(got)
    if "text" not in want:
        same(f"{name}: text", got["text"], None)
        if play.get("fault") != "disconnect":  # then the line may be blamed as well
            same(f"{name}: why", got["why"], f"{name}: {play['why']}")
        return
    same(f"{name}: text", got["text"], want["text"])
    same(f"{name}: usage", [got["in"], got["cached"], got["out"]],
         [want["in"], want["cached"], want["out"]])
    if is_stream:
        same(f"{name}: what was heard", "".join(got["pieces"]), want["text"])
        same(f"{name}: beginnings", got["began"], 1)


@story(desk=False)
def each_exchange_comes_to_what_it_says(build):
    with Replay() as server, Model(build) as model:
        for name in names():
            ways = (True,) if exchange(name).get("stream") else (False, True)
            for is_stream in ways:
                for more in ({}, {"tuned": True}, {"repair": True, "tuned": True}):
                    as_wanted(name, model.run([one(server, name)], stream=is_stream, **more),
                              is_stream)
                    model.run([])  # forgets who failed
        check_server(server)


@story(desk=False)
def a_stream_that_is_cut_anywhere_gives_the_whole_text_or_none(build):
    whole = cut = 0
    with Replay() as server, Model(build) as model:
        for name in names():
            play = exchange(name)
            for n in range(len(events_of(play)) if "lines" in play else 0):
                server.cut_after = n
                got = model.run([one(server, name)], stream=True)
                model.run([])
                check_words(got)
                if got["text"] is not None:
                    same(f"{name} after {n}", got["text"], play["want"]["text"])
                    whole += 1
                else:
                    cut += 1
        if whole < 3 or cut < 50:
            raise Failure(f"{whole} whole, {cut} cut: the walk went nowhere")
        check_server(server)


@story(desk=False)
def a_server_that_drips_for_ever_is_left_in_its_time(build):
    with Replay() as server, Model(build, timeout=300) as model:
        for api in APIS:
            start = time.monotonic()
            got = model.run([one(server, f"{api}-stream{STUCK}")], stream=True)
            took = time.monotonic() - start
            same(f"{api}: trouble", [got["trouble"], got["text"]], ["time", None])
            if took > 5:
                raise Failure(f"{api}: it took {took:.1f} s")
        check_server(server)


@story(desk=False)
def the_next_of_the_chain_writes_and_what_was_heard_before_is_void(build):
    with Replay() as server, Model(build, timeout=2000) as model:
        for n, name in enumerate(("openai-cut", "anthropic-cut", "gemini-cut", "anthropic-529",
                                  "openai-429", "gemini-429", "openai-html", "openai-filter")):
            second = f"{APIS[(n + 1) % 3]}-stream"
            chain = [one(server, name), one(server, second)]
            got = model.run(chain, stream=True)
            same(f"{name}: who wrote it", [got["provider"], got["trouble"]], [second, ""])
            as_wanted_text(second, got)
            same(f"{name}: beginnings", got["began"], 2 if name.endswith("-cut") else 1)
            same(f"{name}: who was asked", [r["name"] for r in server.requests[-2:]],
                 [name, second])
        check_server(server)


def as_wanted_text(name, got):
    same(f"{name}: text", got["text"], exchange(name)["want"]["text"])
    same(f"{name}: what was heard", "".join(got["pieces"]), got["text"])


@story(desk=False)
def who_says_retry_after_is_left_alone_for_so_long(build):
    for api in APIS:
        busy = f"{api}-429"
        wait = int(exchange(busy)["headers"].get("Retry-After", 0))
        with Replay() as server, Model(build) as model:
            chain = [one(server, busy), one(server, f"{api}-plain")]
            for _ in range(3):
                same(f"{api}: who wrote it", model.run(chain)["provider"], f"{api}-plain")
            rests = model.providers[busy]["rests"]
            same(f"{api}: how often it was asked", len(server.asked(busy)), 1 if wait else 3)
            if not wait * 1000 - 5000 < rests <= wait * 1000:
                raise Failure(f"{api}: Retry-After {wait}, but it rests {rests} ms")
            check_server(server)


@story(desk=False)
def who_refuses_the_tuning_is_asked_without_and_never_with_it_again(build):
    tuned = {"openai": lambda b: "max_tokens" in b,
             "gemini": lambda b: "generationConfig" in b}
    with Replay() as server, Model(build) as model:
        for api, is_tuned in tuned.items():
            name = f"{api}-untuned"
            server.plays[name] = [name, f"{api}-plain"]
            for _ in range(2):
                got = model.run([provider(name, api, server.url(name, api))], tuned=True)
                same(f"{api}: text", got["text"], exchange(f"{api}-plain")["want"]["text"])
            same(f"{api}: tuned", [is_tuned(r["json"]) for r in server.asked(name)],
                 [True, False, False])
        check_server(server)


@story(desk=False)
def five_calls_at_once_are_five_texts(build):
    with Replay() as server, Model(build) as model:
        for api in APIS:
            name = f"{api}-stream"
            calls = [{"stream": True, "material": f"Ticket {n}"} for n in range(5)]
            for got in model.run_all([one(server, name)], calls):
                as_wanted(name, got, True)
            said = sorted(str(r["json"]).count(f"Ticket {n}") for n in range(5)
                          for r in server.asked(name))
            same(f"{api}: each ticket asked once", said, [0] * 20 + [1] * 5)
        check_server(server)


if __name__ == "__main__":
    sys.exit(main(globals()))
