#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A server that records who comes, when, and what they say: recording_server.py HOST PORT.

    /N                            stays open
    /close/CODE/MS/N              closes with CODE after so many milliseconds; /drop/MS/N: ends
    /status/CODE/RETRY-AFTER/N    refuses; the field is left out for "-"

It prints a JSON line for each event, with the clock that all processes of a machine share; the
first says where it listens."""
import asyncio
import base64
import hashlib
import json
import sys
from urllib.parse import unquote

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 0x1, 0x8


def tell(who, event, text=""):
    line = {"who": who, "event": event, "text": text}
    print(json.dumps(line), flush=True)


async def read_request(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.split("\r\n")
    fields = dict(each.split(": ", 1) for each in lines if each)
    return line.split(" ")[1], {name.lower(): value for name, value in fields.items()}


async def read_frame(reader):
    """Of those that our client sends: masked, not fragmented."""
    first, second = await reader.readexactly(2)
    assert first & 0xF0 == 0x80 and second & 0x80, (first, second)
    size = second & 0x7F
    if size > 125:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    key = await reader.readexactly(4)
    payload = await reader.readexactly(size)
    return first & 0xF, bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def close_frame(code):
    return bytes([0x80 | CLOSE, 2]) + code.to_bytes(2, "big")


async def record(who, reader, writer):
    while True:
        opcode, payload = await read_frame(reader)
        if opcode == TEXT:
            tell(who, "message", payload.decode())
        elif opcode == CLOSE:
            tell(who, "close", str(int.from_bytes(payload[:2], "big")))
            writer.write(bytes([0x80 | CLOSE, len(payload)]) + payload)
            return


def open_socket(writer, fields):
    key = fields["sec-websocket-key"].encode()
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
    writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n").encode())


def refuse(writer, code, retry_after):
    field = "" if retry_after == "-" else f"Retry-After: {unquote(retry_after)}\r\n"
    writer.write(f"HTTP/1.1 {code} Because\r\nContent-Length: 0\r\n{field}\r\n".encode())


async def answer(reader, writer):
    path, fields = await read_request(reader)
    *conduct, who = path.split("/")[1:]
    tell(who, "come")
    if conduct and conduct[0] == "status":
        refuse(writer, *conduct[1:])
        return
    open_socket(writer, fields)
    if conduct:
        await asyncio.sleep(int(conduct[-1]) / 1000)
    if conduct and conduct[0] == "close":
        writer.write(close_frame(int(conduct[1])))
    if not conduct or conduct[0] != "drop":
        await record(who, reader, writer)


async def serve(reader, writer):
    try:
        await answer(reader, writer)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(host, port):
    server = await asyncio.start_server(serve, host, port, backlog=512)
    host, port = server.sockets[0].getsockname()
    tell(f"{host}:{port}", "listen")
    await server.serve_forever()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
