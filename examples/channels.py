#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A subscriber to a channel of `hawser serve`, on the websockets library and nothing else: it comes
back after a lost connection, and then gets what it has missed.

    python3 channels.py ws://localhost:8080/connection/websocket news [TOKEN]
"""
import asyncio
import json
import random
import sys

import websockets


class Ended(Exception):
    """The server wants it not to come back."""


async def listen(url, channel, token=None):
    """The publications of a channel, for ever; None where some are missing for good."""
    place, failures = {}, 0
    first = [json.dumps({"id": 1, "connect": {"token": token} if token else {}})]
    while True:
        try:
            async with websockets.connect(url) as socket:
                subscribe = {"id": 2, "subscribe": {"channel": channel, **place}}
                await socket.send("\n".join([*first, json.dumps(subscribe)]))
                async for frame in socket:
                    for message in map(json.loads, frame.split("\n")):
                        if not message:
                            await socket.send("{}")  # a ping, and the pong
                        if "error" in message:
                            raise Ended(message["error"]["message"])
                        reply, push = message.get("subscribe"), message.get("push", {})
                        if push.get("unsubscribe", {}).get("code", 0) >= 2500:
                            await socket.close()  # something was missed: once more
                        elif "unsubscribe" in push:
                            raise Ended(push["unsubscribe"]["reason"])
                        publications = [push["pub"]] if "pub" in push else []
                        if reply is not None:
                            failures = 0
                            publications = reply.get("publications", [])
                            if place and not reply.get("recovered"):
                                yield None
                            place = {"recover": True, "epoch": reply.get("epoch", ""),
                                     "offset": reply.get("offset", 0)}
                        for publication in publications:
                            place["offset"] = publication.get("offset", 0)
                            yield publication["data"]
            code, reason = socket.close_code, socket.close_reason
        except websockets.ConnectionClosed as error:
            code, reason = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "")
        except (OSError, websockets.WebSocketException):
            code, reason = 1006, ""
        if code and 3500 <= code < 4000:
            raise Ended(reason)
        failures += 1
        await asyncio.sleep(random.random() * min(20, 0.2 * 2 ** min(failures, 7)))


async def main():
    try:
        async for data in listen(*sys.argv[1:4]):
            print("(some is missing)" if data is None else json.dumps(data), flush=True)
    except Ended as end:
        sys.exit(f"the server says: {end}")


if __name__ == "__main__":
    asyncio.run(main())
