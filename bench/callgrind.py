"""Reads what callgrind --dump-instr=yes has counted."""
import re

LINE_SIZE = 64  # bytes
NAME = re.compile(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?$")
COST = re.compile(r"(0x[0-9a-f]+|\+\d+|-\d+|\*) \S+ (\d+)$")


def next_address(last, word):
    """Callgrind's "subposition compression": *, and differences."""
    if word == "*":
        return last
    return last + int(word) if word[0] in "+-" else int(word, 16)


def read_counts(text):
    """How often each instruction was executed, as {(object, function, address): count}."""
    names, here, counts = {}, {}, {}
    address, is_call = 0, False
    for line in text.splitlines():
        name = NAME.match(line)
        cost = COST.match(line)
        if name:
            called, kind, number, written = name.groups()
            names.setdefault((kind, number), written)
            if not called:
                here[kind] = names[kind, number]
        elif line.startswith("calls="):
            is_call = True  # the next line is what was executed in there
        elif cost:
            address = next_address(address, cost[1])
            if not is_call:
                key = (here.get("ob"), here.get("fn"), address)
                counts[key] = counts.get(key, 0) + int(cost[2])
            is_call = False
    return counts


def is_loading(key):
    """The dynamic linker repeats itself, too, but not in turns."""
    return "/ld-" in (key[0] or "")


def describe(text):
    """Instructions of a turn, which is what belongs to one recv, and the lines of the cache they lie in."""
    counts = read_counts(text)
    turns = max((count for (_, function, _), count in counts.items() if function == "recv"), default=0)
    if turns < 100:
        return f"only {turns} turns: nothing to see"
    usual = {key: count for key, count in counts.items() if count >= turns / 2 and not is_loading(key)}
    lines = {(thing, address // LINE_SIZE) for thing, _, address in usual}
    return f"{sum(usual.values()) / turns:,.0f} instructions, {len(lines)} lines"
