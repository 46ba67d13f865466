// SPDX-License-Identifier: MIT
// Bun's server, which is uWebSockets: an echo, and a broadcast to all.  Prints its port.
const tls = process.argv.includes("--tls");
const deflate = process.argv.includes("--deflate");
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: tls ? { cert: Bun.file(process.env.BENCH_CERTIFICATE), key: Bun.file(process.env.BENCH_KEY) } : undefined,
  fetch(request, it) {
    const path = new URL(request.url).pathname;
    return it.upgrade(request, { data: path }) ? undefined : new Response("", { status: 426 });
  },
  websocket: {
    perMessageDeflate: deflate,
    maxPayloadLength: 64 << 20,
    backpressureLimit: 64 << 20,
    idleTimeout: 0,
    open(ws) {
      if (ws.data === "/broadcast") ws.subscribe("all");
    },
    message(ws, message) {
      if (ws.data === "/broadcast") ws.publish("all", message, deflate);
      else ws.send(message, deflate);
    },
  },
});
console.log(server.port);
