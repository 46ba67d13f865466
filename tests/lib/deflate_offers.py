# SPDX-License-Identifier: MIT
"""What clients offer of permessage-deflate (RFC 7692 §7.1), and what a server may answer: offers as
text, told apart by a reading of their own, which is strict.

    for name, offer in GOOD: ...                   # a server that wants to compress agrees
    for name, offer in BAD: ...                    # it does not; nothing is wrong with the connection
    assert_answers(offer, answer)                  # an answer that the client may take
"""
import re

from lib.deflate_talk import FLAGS, NAME, SIZES, parameters

VALUE = re.compile(r'(?:8|9|1[0-5])|"(?:8|9|1[0-5])"')


def offers(*texts):
    """The lines of a header with these values."""
    return {"Sec-WebSocket-Extensions": "\r\nSec-WebSocket-Extensions: ".join(texts)}


def read_offer(text):
    """Parameter -> value or None, of one offer; None: it must be declined."""
    name, *rest = [part.strip(" \t") for part in text.split(";")]
    if name != NAME:
        return None
    found = {}
    for each in rest:
        key, equals, value = [part.strip(" \t") for part in each.partition("=")]
        if key in found or key not in FLAGS + SIZES:
            return None
        if equals and (key in FLAGS or not VALUE.fullmatch(value)):
            return None
        if not equals and key == SIZES[0]:
            return None
        found[key] = int(value.strip('"')) if equals else None
    return found


def assert_answers(offer, answer):
    """`answer` answers one of the offers in the text (§7.1.3)."""
    said = parameters(answer)
    for each in map(read_offer, offer.split(",")):
        if each is not None and fits(each, said):
            return
    raise AssertionError(f"{answer!r} is no answer to {offer!r}")


def fits(offer, said):
    server, client = SIZES
    return ((FLAGS[0] not in offer or FLAGS[0] in said)
            and (server not in offer or said.get(server, 16) <= offer[server])
            and (client not in said or client in offer and said[client] <= (offer[client] or 15)))


def good():
    yield "L000 a bare one", NAME
    for flags in FLAGS[:1], FLAGS[1:], FLAGS, FLAGS[::-1]:
        yield f"L000 {' and '.join(flags)}", "; ".join([NAME, *flags])
    for bits in range(9, 16):
        yield f"L000 server_max_window_bits={bits}", f"{NAME}; {SIZES[0]}={bits}"
    yield "L004 client_max_window_bits without a value", f"{NAME}; {SIZES[1]}"
    for bits in range(8, 16):
        yield f"L004 client_max_window_bits={bits}", f"{NAME}; {SIZES[1]}={bits}"
    for server in range(9, 16, 2):
        for client in "", "=8", "=9", "=12", "=15":
            yield (f"L000 both, {server} and {client or 'a hint'}",
                   f"{NAME}; {SIZES[0]}={server}; {SIZES[1]}{client}")
    yield "L000 all four", f"{NAME}; {FLAGS[0]}; {FLAGS[1]}; {SIZES[0]}=10; {SIZES[1]}=11"
    yield "L000 all four, the other way", f"{NAME}; {SIZES[1]}; {SIZES[0]}=10; {FLAGS[1]}; {FLAGS[0]}"
    yield "L003 a quoted value", f'{NAME}; {SIZES[0]}="15"'
    yield "L005 a quoted value", f'{NAME}; {SIZES[1]}="10"'
    yield "L000 without spaces", f"{NAME};{FLAGS[0]};{SIZES[1]}=12"
    yield "L000 with more spaces and tabs", f"\t{NAME} \t; {FLAGS[0]}\t ;  {SIZES[0]}=12 "


def bad():
    server, client = SIZES
    yield "L001 an unknown parameter", f"{NAME}; unknown"
    yield "L001 an unknown parameter with a value", f"{NAME}; {FLAGS[0]}; level=9"
    yield "L001 a name that lacks a letter", f"{NAME}; server_no_context_takeove"
    for each in FLAGS[0], FLAGS[1], f"{server}=10", client, f"{client}=10":
        yield f"L002 {each} twice", f"{NAME}; {each}; {each}"
    yield "L002 two values", f"{NAME}; {server}=10; {server}=11"
    yield "L003 server_max_window_bits without a value", f"{NAME}; {server}"
    for key in SIZES:
        row = "L003" if key == server else "L005"
        for value in "7", "16", "0", "08", "010", "1e1", "-8", "+9", "1000", "0xa", '"16"', "9.0", \
                "4294967305", "a":
            yield f"{row} {key}={value}", f"{NAME}; {key}={value}"
    yield "L007 server_max_window_bits=8", f"{NAME}; {server}=8"
    for flag in FLAGS:
        for value in "1", "true", '"15"':
            yield f"L006 {flag}={value}", f"{NAME}; {flag}={value}"
    yield "L013 x-webkit-deflate-frame", "x-webkit-deflate-frame"
    yield "L000 a name that is longer", "permessage-deflated"
    yield "L000 another extension of that kind", "permessage-bzip2; level=9"


def several():
    """The first good one counts: (name, lines, which of them all may be the one)."""
    ten, eleven = f"{NAME}; {SIZES[0]}=10", f"{NAME}; {SIZES[0]}=11"
    bare = f"{NAME}; {FLAGS[0]}"
    yield "the first of two", [f"{ten}, {eleven}"], ten
    yield "the first of two lines", [ten, eleven], ten
    for name, wrong in list(bad())[::4]:
        yield f"behind one that is wrong: {name}", [f"{wrong}, {ten}, {eleven}"], ten
    yield "behind three that are wrong", [f"{NAME}; a, {NAME}; {SIZES[0]}=7, {NAME}; b=c, {bare}"], bare
    yield "behind a line that is wrong", [f"{NAME}; a", bare], bare
    yield "D024 behind other extensions", [f"x-one; a=b, x-webkit-deflate-frame, mux, {bare}"], bare
    yield "D024 before other extensions", [f"{bare}, x-two"], bare
    yield "among empty elements", [f", ,{bare},, "], bare
    yield "as browsers do", [f"{NAME}; {SIZES[1]}"], f"{NAME}; {SIZES[1]}"
    yield ("as Safari does", [f"x-webkit-deflate-frame, {NAME}; {SIZES[1]}"],
           f"{NAME}; {SIZES[1]}")
    # 100 offers, of which the last is good; all within what a head may have.
    yield "L008 the last of a hundred", [", ".join([f"{NAME}; {SIZES[0]}=7"] * 99 + [bare])], bare
    yield "L008 the last of fifty lines", [f"{NAME}; x{i}" for i in range(49)] + [bare], bare


GOOD, BAD, SEVERAL = list(good()), list(bad()), list(several())
