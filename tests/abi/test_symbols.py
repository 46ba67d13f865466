# SPDX-License-Identifier: MIT
"""What the shared library exports is what its public headers declare: no more, and no less.

$LIBRARY is libhawser.so, $NM is nm.
"""
import os
import pathlib
import re
import subprocess
import unittest

HEADERS = pathlib.Path(__file__).resolve().parents[2] / "include" / "hawser"


def exported():
    output = subprocess.run(
        [os.environ["NM"], "-D", "--defined-only", "--format=posix", os.environ["LIBRARY"]],
        check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in output.splitlines()}


def declared():
    """The functions that stand behind HWS_API, outside of comments and of the preprocessor."""
    names = set()
    for header in HEADERS.glob("*.h"):
        code = re.sub(r"/\*.*?\*/|^#.*?$", "", header.read_text(), flags=re.DOTALL | re.MULTILINE)
        names.update(re.findall(r"\bHWS_API\b[^;(]*?\b(\w+)\(", code))
    return names


class Symbols(unittest.TestCase):
    def test_begin_with_the_prefix(self):
        self.assertEqual([name for name in sorted(exported()) if not name.startswith("hws_")], [])

    def test_exported_are_declared(self):
        self.assertEqual(sorted(exported() - declared()), [])

    def test_declared_are_exported(self):
        self.assertEqual(sorted(declared() - exported()), [])
        self.assertGreater(len(declared()), 50)
