#!/usr/bin/python3
"""Every nth commit, step, delivery and parse fails once: the world comes out the same.

Needs a build with FAULTS=1 (ASSENTD_FAULT=point:n).
"""
import sys

from world import main, story, walk_point


@story(desk=False)
def every_commit_fails_once(build):
    return walk_point(build, "commit", "fail", fewest=25)


@story(desk=False)
def every_step_fails_once(build):
    return walk_point(build, "step", "fail", fewest=25)


@story(desk=False)
def every_delivery_fails_once(build):
    return walk_point(build, "outlet.write", "fail", fewest=15)


@story(desk=False)
def every_parse_fails_once(build):
    return walk_point(build, "parser", "fail", fewest=5)


@story(desk=False)
def every_move_out_of_new_fails_once(build):
    return walk_point(build, "maildir.settle", "fail", fewest=5)


if __name__ == "__main__":
    sys.exit(main(globals()))
