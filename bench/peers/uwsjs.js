// SPDX-License-Identifier: MIT
// uWebSockets 20 behind Node: an echo, and a broadcast to all the others.  Prints its port.
"use strict";
const folder = process.env.BENCH_MODULES + "/@trufflesuite/uws-js-unofficial/binaries";
const uws = require(`${folder}/uws_linux_${process.arch}_${process.versions.modules}.node`); // never its fallback in JavaScript
const deflate = process.argv.includes("--deflate");
const app = process.argv.includes("--tls")
  ? uws.SSLApp({ cert_file_name: process.env.BENCH_CERTIFICATE, key_file_name: process.env.BENCH_KEY })
  : uws.App();
const common = {
  compression: deflate ? uws.SHARED_COMPRESSOR : uws.DISABLED,
  maxPayloadLength: 64 << 20,
  maxBackpressure: 64 << 20,
  idleTimeout: 0,
};
app
  .ws("/broadcast", {
    ...common,
    open: (ws) => ws.subscribe("all"),
    message: (ws, message, binary) => ws.publish("all", message, binary, deflate),
  })
  .ws("/*", { ...common, message: (ws, message, binary) => ws.send(message, binary, deflate) })
  .listen("127.0.0.1", 0, (listener) => {
    if (!listener) process.exit(1);
    console.log(uws.us_socket_local_port(listener));
  });
