# SPDX-License-Identifier: MIT
"""Texts that are UTF-8 and such that are not (RFC 3629), by the group of a conformance suite that
they stand for."""


def scalar(number):
    return chr(number).encode("utf-8", "surrogatepass")


KOSME = "κόσμε".encode()

VALID = {
    "6.2 of all widths": "Hello-µ@ßöäüàá-UTF-8!!".encode(),
    "6.5 a word": KOSME,
    "6.5 a word, signs, and a smile": KOSME + "\U0001f600 ok".encode(),
    "6.7 U+0000": b"\0",
    **{f"6.7 the first of a width, U+{n:04X}": scalar(n) for n in (0x80, 0x800, 0x10000)},
    **{f"6.9 the last of a width, U+{n:04X}": scalar(n) for n in (0x7F, 0x7FF, 0xFFFF, 0x10FFFF)},
    **{f"6.11 at a border, U+{n:04X}": scalar(n) for n in (0xD7FF, 0xE000, 0xFFFD)},
    **{f"6.22 no character, U+{n:X}": scalar(n)
       for plane in range(17) for n in (plane << 16 | 0xFFFE, plane << 16 | 0xFFFF)},
    **{f"6.23 U+{n:04X}": scalar(n) for n in range(0xFFF9, 0xFFFE)},
}

INVALID = {
    "6.3 a surrogate within a word": KOSME + b"\xed\xa0\x80" + b"edited",
    "6.4 over U+10FFFF within a word": KOSME + b"\xf4\x90\x80\x80" + b"edited",
    **{f"6.6 a word cut after {i} bytes": KOSME[:i]
       for i in range(1, len(KOSME)) if (KOSME[i] & 0xC0) == 0x80},
    "6.8 five bytes": b"\xf8\x88\x80\x80\x80",
    "6.8 six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "6.10 the last of four bytes": b"\xf7\xbf\xbf\xbf",
    "6.10 the last of five bytes": b"\xfb\xbf\xbf\xbf\xbf",
    "6.10 the last of six bytes": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    "6.11 U+110000": b"\xf4\x90\x80\x80",
    **{f"6.12 {count} bytes that only continue": (b"\x80\xbf" * 4)[:count]
       for count in range(1, 8)},
    "6.12 all that only continue": bytes(range(0x80, 0xC0)),
    **{f"6.13 a lonely {first:X}": bytes([first, 0x20]) for first in range(0xC0, 0xFE)},
    **{f"6.14 the last byte of {data.hex()} is missing": data[:-1]
       for data in (b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80", b"\xdf\xbf",
                    b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf")},
    "6.15 several that are cut": b"\xc2\xe0\xa0\xf0\x90\x80\xdf\xef\xbf\xf4\x8f\xbf",
    **{f"6.16 {data.hex()}": data for data in (b"\xfe", b"\xff", b"\xfe\xfe\xff\xff")},
    **{f"6.17 a slash too long, {data.hex()}": data
       for data in (b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
                    b"\xfc\x80\x80\x80\x80\xaf")},
    **{f"6.18 the last that is too long, {data.hex()}": data
       for data in (b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf",
                    b"\xfc\x83\xbf\xbf\xbf\xbf")},
    **{f"6.19 a zero too long, {data.hex()}": data
       for data in (b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80",
                    b"\xfc\x80\x80\x80\x80\x80")},
    **{f"6.20 a surrogate, U+{n:04X}": scalar(n)
       for n in (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)},
    **{f"6.21 a pair of surrogates, U+{a:04X} U+{b:04X}": scalar(a) + scalar(b)
       for a in (0xD800, 0xDB7F, 0xDB80, 0xDBFF) for b in (0xDC00, 0xDFFF)},
}


def is_text(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def good_prefix_size(data):
    """How many bytes may stand before one of which nothing valid can be made any more.  Whatever
    may continue a character, either its least or its greatest continuation may."""
    tails = [byte * count for byte in (b"\x80", b"\xbf") for count in range(4)]
    size = len(data)
    while not any(is_text(data[:size] + tail) for tail in tails):
        size -= 1
    return size
