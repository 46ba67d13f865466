// SPDX-License-Identifier: MIT
// npm's ws as a server, for our client: the same routes as in websockets_server.py.
//
//   /echo                    what comes goes back
//   /protocol                the last of the subprotocols that are offered; /no-protocol: none
//   /fragments               a text and bytes in fragments, as soon as it is open
//   /ping                    a ping, and when its pong comes a text with what it said
//   /extensions              a text that names the extensions agreed on, then as /echo
//   /headers                 the request's headers, a message each, and an empty one
//   /close?code=&reason=     closes at once; /terminate: without a Close frame
//   /last                    three messages and a Close frame, all at once
//   /status?code=&body=      refuses; /redirect?code=&to=: elsewhere
//
// Its argument, if there is one, is the perMessageDeflate of its options, as JSON.
// Prints its address, and ends with its stdin.
import { createServer, STATUS_CODES } from 'node:http';
import { WebSocketServer } from 'ws';

function echo(ws) {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
}

function sendFragments(ws) {
  ['one ', 'two ', '', 'three €'].forEach((text, i) => ws.send(text, { fin: i === 3 }));
  [1000, 0, 70000].forEach((size, i) => ws.send(Buffer.alloc(size, i), { fin: i === 2 }));
  echo(ws);
}

const routes = {
  '/echo': echo,
  '/protocol': echo,
  '/no-protocol': echo,
  '/fragments': sendFragments,
  '/extensions': (ws) => {
    ws.send(ws.extensions);
    echo(ws);
  },
  '/ping': (ws) => {
    ws.on('pong', (data) => ws.send(`pong ${data}`));
    ws.ping('are you there');
  },
  '/headers': (ws, request) => {
    Object.entries(request.headers).forEach(([name, value]) => ws.send(`${name}: ${value}`));
    ws.send('');
  },
  '/close': (ws, request, query) => {
    if (!query.has('code')) ws.close();
    else ws.close(Number(query.get('code')), query.get('reason') ?? '');
  },
  '/terminate': (ws) => ws.on('message', () => ws.terminate()),
  '/last': (ws) => {
    ['1', '2', '3'].forEach((text) => ws.send(text));
    ws.close(1000, 'that was all');
  },
};

function answer(socket, code, headers, body) {
  const lines = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) });
  socket.end(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\n`
    + lines.map(([name, value]) => `${name}: ${value}\r\n`).join('') + `\r\n${body}`);
}

const websockets = new WebSocketServer({
  noServer: true,
  maxPayload: 0,
  perMessageDeflate: JSON.parse(process.argv[2] ?? 'false'),
  handleProtocols: (offered, request) =>
    (request.url === '/protocol' ? [...offered].at(-1) : false),
});

const server = createServer();
server.on('upgrade', (request, socket, head) => {
  const { pathname, searchParams: query } = new URL(request.url, 'http://localhost');
  socket.on('error', () => {});
  if (pathname === '/status') {
    answer(socket, Number(query.get('code')), {}, query.get('body') ?? '');
  } else if (pathname === '/redirect') {
    answer(socket, Number(query.get('code')), { Location: query.get('to') }, '');
  } else if (routes[pathname]) {
    websockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {});
      routes[pathname](ws, request, query);
    });
  } else {
    answer(socket, 404, {}, 'nobody lives here\n');
  }
});
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit()).resume();
