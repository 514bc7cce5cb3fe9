#!/usr/bin/python3
"""A bulk mail and an unclear answer, with a fault at every commit and delivery on the way."""
import sys

from world import main, story, walk_point


@story(desk=False)
def killed_before_every_commit(build):
    return walk_point(build, "commit", ":kill", fewest=25)


@story(desk=False)
def every_commit_fails_once(build):
    return walk_point(build, "commit", "", fewest=25)


@story(desk=False)
def killed_before_every_mail_is_written(build):
    return walk_point(build, "outlet.write", ":kill", fewest=15)


@story(desk=False)
def every_parse_fails_once(build):
    return walk_point(build, "parser", "", fewest=5)


if __name__ == "__main__":
    sys.exit(main(globals()))
