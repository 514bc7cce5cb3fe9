"""What suites of unittest share: the folder of the programs under test, and their main()."""
import argparse
import os
import pathlib
import sys
import unittest

_build = pathlib.Path(os.environ.get("BUILD", "build"))


def build():
    """The folder of the programs under test."""
    return _build


def main():
    """Run the tests of the program: [--build BUILD] [TEST …]."""
    global _build
    options = argparse.ArgumentParser()
    options.add_argument("--build", type=pathlib.Path, default=_build)
    options.add_argument("tests", nargs="*")
    given = options.parse_args()
    _build = given.build.resolve()
    result = unittest.main(exit=False, argv=[sys.argv[0], *given.tests]).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad or not result.testsRun else 0)
