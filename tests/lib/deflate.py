# SPDX-License-Identifier: MIT
"""DEFLATE (RFC 1951), made by hand and judged bit by bit, with nothing of what is tested in it.

    payload = message(stored(b"one "), fixed(list(b"two ") + [(8, 4)]))   # of permessage-deflate
    it = inflate(payload + TAIL, history=b"", window_size=512)
    it.data, it.blocks, it.reach

zlib's own inflate() forgives what a strict receiver must not: distances beyond the window, as long
as its output buffer happens to hold that far.  This one has exactly the window that it is given.
"""
from collections import namedtuple

TAIL = b"\x00\x00\xff\xff"  # what a sender leaves out, and a receiver adds (RFC 7692 §7.2)

STORED, FIXED, DYNAMIC = "stored", "fixed", "dynamic"
END = 256  # the symbol that ends a block

Block = namedtuple("Block", "kind final size")  # size: bytes that came of it
Inflated = namedtuple("Inflated", "data blocks reach")  # reach: the farthest distance

LENGTHS = [(base, extra) for extra, bases in [
    (0, range(3, 11)), (1, range(11, 19, 2)), (2, range(19, 35, 4)), (3, range(35, 67, 8)),
    (4, range(67, 131, 16)), (5, range(131, 258, 32)), (0, [258])] for base in bases]
DISTANCES = [(1, 0), (2, 0)] + [((2 + half << extra) + 1, extra)
                                for extra in range(14) for half in (0, 1)]
ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]


class Malformed(AssertionError):
    """Not a DEFLATE stream, or one that reaches farther back than it may."""


def canonical(lengths):
    """Symbol -> (code, size), of the code sizes of all symbols (RFC 1951 §3.2.2)."""
    codes, code = {}, 0
    for size in range(1, max(lengths, default=0) + 1):
        code <<= 1
        for symbol, length in enumerate(lengths):
            if length == size:
                codes[symbol] = code, size
                code += 1
    return codes


def reversed_bits(code, size):
    return int(f"{code:0{size}b}"[::-1], 2)


FIXED_SYMBOLS = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8
FIXED_DISTANCES = [5] * 30


# Making.

class Bits:
    """Bits, from the lowest of each byte up."""

    def __init__(self):
        self.value = 0
        self.size = 0

    def add(self, value, size):
        self.value |= value << self.size
        self.size += size

    def add_code(self, code_and_size):
        self.add(reversed_bits(*code_and_size), code_and_size[1])

    def align(self):
        self.size += -self.size % 8

    def add_bytes(self, data):
        self.align()
        self.add(int.from_bytes(data, "little"), 8 * len(data))

    def bytes(self):
        return self.value.to_bytes((self.size + 7) // 8, "little")


def index_of(table, value):
    """Which of (base, extra bits) has the value."""
    return max(i for i, (base, _) in enumerate(table) if base <= value)


def stored(data=b"", final=False, size=None, check=None):
    """A stored block.  `size`, `check`: what its head says instead of the truth."""
    size = len(data) if size is None else size

    def write(bits):
        bits.add(final, 3)
        bits.add_bytes(size.to_bytes(2, "little")
                       + (size ^ 0xFFFF if check is None else check).to_bytes(2, "little") + data)
    return write


def write_symbols(bits, symbols, codes, distance_codes):
    for symbol in symbols:
        if isinstance(symbol, int):
            bits.add_code(codes[symbol])
            continue
        length, distance = symbol
        for value, table, first, used in ((length, LENGTHS, 257, codes),
                                          (distance, DISTANCES, 0, distance_codes)):
            at = index_of(table, value)
            bits.add_code(used[first + at])
            bits.add(value - table[at][0], table[at][1])


def fixed(symbols, final=False, end=True):
    """A block of literals (ints) and copies (length, distance), with the codes of §3.2.6."""
    def write(bits):
        bits.add(final | 1 << 1, 3)
        write_symbols(bits, [*symbols, END] if end else symbols, canonical(FIXED_SYMBOLS),
                      canonical(FIXED_DISTANCES))
        if final:
            bits.align()
    return write


def complete(symbols, count):
    """Sizes of a complete code in which these of `count` symbols are."""
    used = sorted(symbols)
    size = (len(used) - 1).bit_length()
    short_count = (1 << size) - len(used)
    lengths = [0] * count
    for i, symbol in enumerate(used):
        lengths[symbol] = max(1, size - (i < short_count))
    return lengths


def dynamic(symbols, final=False):
    """The same with codes made for it (§3.2.7)."""
    symbols = [*symbols, END]
    used = {0} | {each if isinstance(each, int) else 257 + index_of(LENGTHS, each[0])
                  for each in symbols}
    distances = {index_of(DISTANCES, each[1]) for each in symbols if not isinstance(each, int)}
    lengths = complete(used, max(257, max(used) + 1))
    distance_lengths = complete(distances, max(distances) + 1) if distances else [0]

    def write(bits):
        bits.add(final | 2 << 1, 3)
        bits.add(len(lengths) - 257, 5)
        bits.add(len(distance_lengths) - 1, 5)
        bits.add(len(ORDER) - 4, 4)
        code_lengths = complete(range(19), 19)
        for symbol in ORDER:
            bits.add(code_lengths[symbol], 3)
        code = canonical(code_lengths)
        for length in lengths + distance_lengths:
            bits.add_code(code[length])
        write_symbols(bits, symbols, canonical(lengths), canonical(distance_lengths))
        if final:
            bits.align()
    return write


def reserved(bits):
    """A block of the type that there is not."""
    bits.add(0b110, 3)


def stream(*blocks):
    bits = Bits()
    for write in blocks:
        write(bits)
    return bits.bytes()


def message(*blocks):
    """These blocks and the empty stored one that ends them, without the tail (RFC 7692 §7.2.1)."""
    return stream(*blocks, stored())[:-len(TAIL)]


# Judging.

class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0
        self.hold = 0
        self.count = 0

    def fill(self):
        chunk = self.data[self.at:self.at + 8]
        self.hold |= int.from_bytes(chunk, "little") << self.count
        self.count += 8 * len(chunk)
        self.at += len(chunk)

    def take(self, size):
        if self.count < size:
            self.fill()
            if self.count < size:
                raise Malformed("truncated")
        value = self.hold & (1 << size) - 1
        self.hold >>= size
        self.count -= size
        return value

    def take_bytes(self, size):
        """From the next whole byte on."""
        self.take(self.count % 8)
        at = self.at - self.count // 8
        if at + size > len(self.data):
            raise Malformed("truncated")
        self.at, self.hold, self.count = at + size, 0, 0
        return self.data[at:at + size]

    def is_at_end(self):
        return self.at == len(self.data) and not self.count

    def symbol(self, decoder):
        table, size = decoder
        if self.count < size:
            self.fill()
        found = table[self.hold & (1 << size) - 1]
        if not found:
            raise Malformed("a code that stands for nothing")
        symbol, used = found
        if used > self.count:
            raise Malformed("truncated")
        self.hold >>= used
        self.count -= used
        return symbol


def decoder_of(lengths, incomplete=False):
    """A table of what each of the longest codes begins with."""
    codes = canonical(lengths)
    size = max(lengths, default=0)
    table = [None] * (1 << size)
    for symbol, (code, used) in codes.items():
        if code >> used:
            raise Malformed("more codes than there can be")
        first = reversed_bits(code, used)
        table[first::1 << used] = [(symbol, used)] * (1 << size - used)
    if None in table and not (incomplete and len(codes) <= 1):
        raise Malformed("an incomplete code")
    return table, size


def read_lengths(reader):
    """The codes of a dynamic block."""
    symbol_count, distance_count = reader.take(5) + 257, reader.take(5) + 1
    code_lengths = [0] * 19
    for symbol in ORDER[:reader.take(4) + 4]:
        code_lengths[symbol] = reader.take(3)
    code = decoder_of(code_lengths)
    lengths = []
    while len(lengths) < symbol_count + distance_count:
        symbol = reader.symbol(code)
        if symbol < 16:
            lengths.append(symbol)
        elif symbol == 16:
            if not lengths:
                raise Malformed("nothing to repeat")
            lengths += lengths[-1:] * (reader.take(2) + 3)
        else:
            lengths += [0] * (reader.take(3) + 3 if symbol == 17 else reader.take(7) + 11)
    if len(lengths) > symbol_count + distance_count:
        raise Malformed("more lengths than there are codes")
    if symbol_count > 286 or distance_count > 30 or not lengths[END]:
        raise Malformed("too many codes, or no end of the block")
    return (decoder_of(lengths[:symbol_count], incomplete=True),
            decoder_of(lengths[symbol_count:], incomplete=True))


def read_symbols(reader, output, codes, distance_codes, window_size):
    reach = 0
    while (symbol := reader.symbol(codes)) != END:
        if symbol < END:
            output.append(symbol)
            continue
        if symbol >= 286:
            raise Malformed(f"length symbol {symbol}")
        base, extra = LENGTHS[symbol - 257]
        length = base + reader.take(extra)
        symbol = reader.symbol(distance_codes)
        if symbol >= 30:
            raise Malformed(f"distance symbol {symbol}")
        base, extra = DISTANCES[symbol]
        distance = base + reader.take(extra)
        if distance > min(len(output), window_size):
            raise Malformed(f"a distance of {distance}: {len(output)} bytes are there, "
                            f"a window of {window_size}")
        reach = max(reach, distance)
        at = len(output) - distance
        if length <= distance:
            output += output[at:at + length]
        else:
            output += (output[at:] * (length // distance + 1))[:length]
    return reach


def inflate(data, history=b"", window_size=1 << 15):
    """What a stream says that ends with `data`, and has said `history` before.  It has to end with
    a whole block, and `data` with it; a block with BFINAL does not end it (RFC 7692 §7.2.3.4): the
    next begins at the next byte."""
    reader = Reader(data)
    output = bytearray(history[-window_size:])
    begin = len(output)
    blocks, reach = [], 0
    while not reader.is_at_end():
        final, kind = reader.take(1), reader.take(2)
        size = len(output)
        if kind == 0:
            sizes = reader.take_bytes(4)
            if int.from_bytes(sizes[:2], "little") ^ int.from_bytes(sizes[2:], "little") != 0xFFFF:
                raise Malformed("a stored block whose length is not the opposite of its check")
            output += reader.take_bytes(int.from_bytes(sizes[:2], "little"))
        elif kind == 1:
            reach = max(reach, read_symbols(reader, output, *FIXED_DECODERS, window_size))
        elif kind == 2:
            reach = max(reach, read_symbols(reader, output, *read_lengths(reader), window_size))
        else:
            raise Malformed("a block of type 3")
        blocks.append(Block((STORED, FIXED, DYNAMIC)[kind], bool(final), len(output) - size))
        if final:
            reader.take(reader.count % 8)
    return Inflated(bytes(output[begin:]), blocks, reach)


# The two distances that stand for nothing are left out of what is written, not of the code.
FIXED_DECODERS = decoder_of(FIXED_SYMBOLS), decoder_of([5] * 32)
