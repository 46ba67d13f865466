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
# A block may show a function that the reader's own program is to call.
COMPILE = [*shlex.split(os.environ.get("CC", "cc")), "-std=c11", "-Wall", "-Wextra", "-Werror",
           "-Wno-unused-parameter", "-Wno-unused-function", "-fsyntax-only", "-I", ROOT / "include",
           "-x", "c", "-"]


class Documents(unittest.TestCase):
    def test_blocks_of_c_compile(self):
        """A block with a main and its includes is a program; the others of a document are one, from
        top to bottom."""
        seen = set()
        for path in DOCUMENTS:
            blocks = re.findall(r"^```c\n(.*?)^```$", path.read_text(encoding="utf-8"),
                                re.M | re.S)
            if not blocks:
                continue
            seen.add(path.name)
            programs = [block for block in blocks if "#include" in block and "int main(" in block]
            rest = [block for block in blocks if block not in programs]
            for program in [*programs, "\n".join(rest)]:
                done = subprocess.run(COMPILE, input=program, capture_output=True, text=True)
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

    def test_limits_in_the_guide_are_those_of_the_header(self):
        """All of them, by name, and the defaults that are one number."""
        header = (ROOT / "include/hawser/limits.h").read_text(encoding="utf-8")
        body = header[header.index("typedef struct hws_limits"):header.index("} hws_limits;")]
        fields = re.findall(r"uint\d+_t (\w+);((?:\s*/\*.*?\*/)?)", body, re.S)
        self.assertGreater(len(fields), 10)
        guide = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
        table = guide[guide.index("And in `limits`"):guide.index("## Behind")]
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.M))
        self.assertEqual(set(rows), {name for name, _ in fields})
        for name, comment in fields:
            default = re.search(r"; 0: (\w+)", comment)
            if default:
                self.assertIn(default[1], rows[name], name)

    def test_options_in_the_guide_are_those_of_the_header(self):
        """Those that limit, by name."""
        header = (ROOT / "include/hawser/server.h").read_text(encoding="utf-8")
        options = header[header.index("/* Limits."):header.index("const hws_memory *memory;")]
        names = re.findall(r"^ +u?int\d*_t (\w+);|^ +size_t (\w+);", options, re.M)
        names = {one or other for one, other in names}
        self.assertGreater(len(names), 10)
        guide = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
        table = guide[guide.index("## Limits"):guide.index("And in `limits`")]
        self.assertEqual(set(re.findall(r"`(\w+_(?:max|ms))`", table)), names)

    def test_paths_in_the_guide_are_there(self):
        text = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
        paths = re.findall(r"`((?:examples|bench|include)/[^`]*)`", text)
        self.assertGreater(len(paths), 3)
        for path in paths:
            self.assertTrue((ROOT / path).exists(), path)


if __name__ == "__main__":
    unittest.main()
