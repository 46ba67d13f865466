# SPDX-License-Identifier: MIT
"""What the documents say in C compiles, and what they point to is there.

$CC is the compiler.
"""
import os
import pathlib
import re
import shlex
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMPILE = [*shlex.split(os.environ.get("CC", "cc")), "-std=c11", "-Wall", "-Wextra", "-Werror",
           "-Wno-unused-parameter", "-fsyntax-only", "-I", ROOT / "include", "-x", "c", "-"]


class Documents(unittest.TestCase):
    def test_blocks_of_c_are_one_program(self):
        """Those of a document, from top to bottom."""
        seen = set()
        for path in DOCUMENTS:
            blocks = re.findall(r"^```c\n(.*?)^```$", path.read_text(encoding="utf-8"),
                                re.M | re.S)
            if not blocks:
                continue
            seen.add(path.name)
            done = subprocess.run(COMPILE, input="\n".join(blocks), capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)
        self.assertLessEqual({"README.md", "guide.md"}, seen)

    def test_links_lead_somewhere(self):
        """Those within the repository; "#there" is a heading of the same document."""
        count = 0
        for path in DOCUMENTS:
            text = path.read_text(encoding="utf-8")
            headings = {heading.lower().replace(" ", "-")
                        for heading in re.findall(r"^#+ (.*)$", text, re.M)}
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"https?://", target):
                    continue
                file, _, heading = target.partition("#")
                count += 1
                if file:
                    self.assertTrue((path.parent / file).exists(), f"{path}: {target}")
                else:
                    self.assertIn(heading, headings, f"{path}: {target}")
        self.assertGreater(count, 10)

    def test_paths_in_the_guide_are_there(self):
        text = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
        paths = re.findall(r"`((?:examples|bench|include)/[^`]*)`", text)
        self.assertGreater(len(paths), 3)
        for path in paths:
            self.assertTrue((ROOT / path).exists(), path)

    def test_limits_in_the_guide_are_those_of_the_header(self):
        """All of them, by name."""
        header = (ROOT / "include/hawser/server.h").read_text(encoding="utf-8")
        options = header[header.index("/* Limits."):header.index("const hws_memory *memory;")]
        names = re.findall(r"^ +u?int\d*_t (\w+);|^ +size_t (\w+);", options, re.M)
        names = {one or other for one, other in names}
        self.assertGreater(len(names), 10)
        guide = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
        table = guide[guide.index("## Limits"):guide.index("## Behind")]
        self.assertEqual(set(re.findall(r"`(\w+_(?:max|ms))`", table)), names)


if __name__ == "__main__":
    unittest.main()
