// SPDX-License-Identifier: MIT
// npm's ws on Node: an echo, and a broadcast to all the others.  Prints its port.
"use strict";
const fs = require("fs");
const { WebSocketServer } = require(process.env.BENCH_MODULES + "/ws");
const server = process.argv.includes("--tls")
  ? require("https").createServer({
      cert: fs.readFileSync(process.env.BENCH_CERTIFICATE),
      key: fs.readFileSync(process.env.BENCH_KEY),
    })
  : require("http").createServer();
const sockets = new WebSocketServer({
  server,
  maxPayload: 64 << 20,
  perMessageDeflate: process.argv.includes("--deflate") ? { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true } : false,
});
const all = new Set();
sockets.on("connection", (ws, request) => {
  ws.on("error", () => {});
  if (request.url === "/broadcast") {
    all.add(ws);
    ws.on("close", () => all.delete(ws));
    ws.on("message", (data, binary) => {
      for (const other of all) if (other !== ws) other.send(data, { binary });
    });
  } else {
    ws.on("message", (data, binary) => ws.send(data, { binary }));
  }
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => console.log(server.address().port));
