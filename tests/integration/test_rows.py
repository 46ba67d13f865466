#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every row of bad input has exactly one place in README.md, and is there."""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from lib.tap import Tap  # noqa: E402

ROW_COUNTS = {"A": 26, "B": 26, "C": 50, "D": 36, "G": 24, "H": 15, "I": 22, "J": 15, "K": 15, "L": 13, "M": 21,
              "N": 20, "O": 15, "P": 8, "Q": 30, "R": 35, "S": 25, "T": 35, "U": 10, "V": 15}


def ids(text):
    """C001–C003 C007: the four of them."""
    for letter, first, last in re.findall(r"\b([A-DG-V])(\d{3})(?:–[A-DG-V](\d{3}))?", text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{letter}{number:03}"


def places():
    """Row -> all its places."""
    found = {}
    for line in (HERE / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 4 and cells[2] not in ("rows", "---"):
            for row in ids(cells[2]):
                found.setdefault(row, []).append(cells[1])
    return found


def each_row_has_one_place():
    want = {f"{letter}{i:03}" for letter, count in ROW_COUNTS.items() for i in range(1, count + 1)}
    found = places()
    assert not want - set(found), f"without a place: {sorted(want - set(found))}"
    assert not set(found) - want, f"no such row: {sorted(set(found) - want)}"
    twice = sorted(row for row, where in found.items() if len(where) > 1)
    assert not twice, f"with several places: {twice}"


def each_row_is_in_its_place():
    for row, (where, *_) in sorted(places().items()):
        for name in re.findall(r"`([^`]+\.(?:py|c|txt))`", where)[:1]:
            path = HERE / name if (HERE / name).exists() else ROOT / name
            assert path.exists(), f"{row}: there is no {name}"
            if path.suffix == ".py":
                assert row in path.read_text(encoding="utf-8"), f"{row} is not in {name}"


tap = Tap()
tap.run("each row has one place", each_row_has_one_place)
tap.run("each row is in its place", each_row_is_in_its_place)
tap.done()
