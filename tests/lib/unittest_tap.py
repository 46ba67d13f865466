#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs files of Python's unittest and prints TAP, a line for each case: unittest_tap.py FILE..."""
import importlib.util
import pathlib
import sys
import unittest


class TapResult(unittest.TestResult):
    def _print(self, ok, test, note="", text=""):
        is_case = isinstance(test, unittest.TestCase)
        name = test.id().partition(".")[2] if is_case else test.id()
        print(f"{'ok' if ok else 'not ok'} {self.testsRun} - {name}{note}")
        for line in text.splitlines():
            print(f"#   {line}")
        sys.stdout.flush()

    def addSuccess(self, test):
        self._print(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._print(False, test, text=self._exc_info_to_string(err, test))

    def addError(self, test, err):
        if not isinstance(test, unittest.TestCase):  # of setUpClass: no case has run
            self.testsRun += 1
        super().addError(test, err)
        self._print(False, test, text=self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._print(True, test, f" # SKIP {reason}")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            print(f"# {subtest}\n#   " + self._exc_info_to_string(err, test).replace("\n", "\n#   "))

    def stopTest(self, test):
        # A case whose subtests failed gets no call of its own.
        if any(getattr(case, "test_case", None) is test for case, _ in self.failures + self.errors):
            self._print(False, test)


def load(path):
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


result = TapResult()
unittest.TestSuite(map(load, sys.argv[1:])).run(result)
print(f"1..{result.testsRun}")
sys.exit(0 if result.wasSuccessful() else 1)
