// SPDX-License-Identifier: MIT
// npm's ws as a client of `hawser serve`: the same conversations as in websockets_client.py.
// With "tls" as its argument they are held over wss, with "deflate" compressed, on several terms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

let WebSocket;
try {
  ({ default: WebSocket } = await import('ws'));
} catch {
  console.log('1..0 # SKIP no node_modules: npm ci in tests/interop');
  process.exit(0);
}

const program = process.env.HAWSER ?? 'build/src/cmd/hawser';
const MESSAGE_MAX = 16 * 1024 * 1024;
const PATIENCE_MS = 60_000;

// A server for the time of the test.

const isSecure = process.argv[2] === 'tls';
const isDeflated = process.argv[2] === 'deflate';
const server = spawn(program, [
  'serve', '--message-size-max', String(MESSAGE_MAX), ...(isDeflated ? ['--deflate-takeover'] : []),
  ...(isSecure ? ['--listen', 'https://localhost:0', '--self-signed']
    : ['--listen', 'http://localhost:0']),
], { stdio: ['ignore', 'pipe', 'inherit'] });

async function urlOfEcho() {
  for await (const line of createInterface({ input: server.stdout })) {
    const match = line.match(/echo\s+(wss?:\S+)/);
    if (match) return match[1];
  }
  throw new Error('the server did not start');
}

// A client that remembers what it got.

class Client {
  constructor(url, protocols, options) {
    this.ws = new WebSocket(url, protocols, { rejectUnauthorized: false, ...options });
    this.ws.on('error', (error) => { this.error = error; });
    this.opened = once(this.ws, 'open');
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => resolve(`${code} ${reason}`));
    });
  }

  next(event) {
    return once(this.ws, event, { signal: AbortSignal.timeout(PATIENCE_MS) });
  }

  async echo(...fragments) {
    const answer = this.next('message');
    fragments.forEach((data, i) => this.ws.send(data, { fin: i === fragments.length - 1 }));
    const [data, isBinary] = await answer;
    return isBinary ? data : data.toString();
  }
}

function equal(got, want, what = 'it') {
  const same = Buffer.isBuffer(want) ? Buffer.isBuffer(got) && got.equals(want) : got === want;
  if (same) return;
  const short = (value) => (value?.length > 100 ? `${value.length} of ${typeof value}` : value);
  throw new Error(`${what} is ${short(got)}, and not ${short(want)}`);
}

const bytes = (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7) % 256));
const letters = (size) => 'abcdefghijklmnopqrstuvwxyz'.repeat(size / 26 + 1).slice(0, size);
const sizes = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, MESSAGE_MAX];

// What is said.

const conversations = {
  'text that is not ASCII': async (it) => equal(await it.echo('grüße 😀 \u0000'), 'grüße 😀 \u0000'),
  ...Object.fromEntries(sizes.flatMap((size) => [
    [`text of ${size}`, async (it) => equal(await it.echo(letters(size)), letters(size))],
    [`binary of ${size}`, async (it) => equal(await it.echo(bytes(size)), bytes(size))],
  ])),
  'text in fragments': async (it) => equal(await it.echo('one ', 'two ', '', 'three'), 'one two three'),
  'binary in fragments': async (it) =>
    equal(await it.echo(bytes(70_000), bytes(0), bytes(3)), Buffer.concat([bytes(70_000), bytes(3)])),
  'a character cut by fragments': async (it) => {
    const answer = it.next('message');
    const euro = Buffer.from('€');
    it.ws.send(euro.subarray(0, 1), { fin: false, binary: false });
    it.ws.send(euro.subarray(1), { fin: true, binary: false });
    equal((await answer)[0].toString(), '€');
  },
  'a ping between fragments': async (it) => {
    const [answer, pong] = [it.next('message'), it.next('pong')];
    it.ws.send('before ', { fin: false });
    it.ws.ping('within');
    it.ws.send('after', { fin: true });
    equal((await pong)[0].toString(), 'within');
    equal((await answer)[0].toString(), 'before after');
  },
  'ping without payload': async (it) => {
    const pong = it.next('pong');
    it.ws.ping();
    equal((await pong)[0].length, 0);
  },
  'ping of 125 bytes': async (it) => {
    const pong = it.next('pong');
    it.ws.ping(bytes(125));
    equal((await pong)[0], bytes(125));
  },
  'a pong that nobody asked for': async (it) => {
    it.ws.pong('unasked');
    equal(await it.echo('after'), 'after');
  },
  'a hundred messages at once, in order': async (it) => {
    const got = [];
    it.ws.on('message', (data) => got.push(data.toString()));
    for (let i = 0; i < 100; i++) it.ws.send(String(i));
    while (got.length < 100) await it.next('message');
    equal(got.join(), Array.from({ length: 100 }, (_, i) => i).join());
  },
  'close with code and reason': async (it) => {
    it.ws.close(4321, 'tschüß');
    equal((await it.closed).split(' ')[0], '4321'); // the reason need not come back
  },
  'close without a code': async (it) => {
    it.ws.close();
    equal(await it.closed, '1005 ');
  },
  'close behind messages': async (it) => {
    const answer = it.next('message');
    it.ws.send('last');
    it.ws.close(1000);
    equal((await answer)[0].toString(), 'last');
    equal(await it.closed, '1000 ');
  },
  'a message over the limit: 1009': async (it) => {
    it.ws.send(Buffer.alloc(MESSAGE_MAX + (1 << 20)));
    equal((await it.closed).split(' ')[0], '1009');
  },
  'fragments over the limit: 1009': async (it) => {
    it.ws.send(Buffer.alloc(MESSAGE_MAX), { fin: false });
    it.ws.send('x', { fin: true });
    equal((await it.closed).split(' ')[0], '1009');
  },
  'text that is not UTF-8: 1007': async (it) => {
    it.ws.send(Buffer.from([0x61, 0xff]), { binary: false });
    equal((await it.closed).split(' ')[0], '1007');
  },
};

const deflates = {
  'as it comes': {},
  'nothing kept': { serverNoContextTakeover: true, clientNoContextTakeover: true },
  'small windows': { serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
  'a small window of theirs': { serverMaxWindowBits: 10 },
};

async function deflateIsTaken(url) {
  const it = new Client(url, [], { perMessageDeflate: { threshold: 0 } });
  await it.opened;
  equal(it.ws.extensions, 'permessage-deflate', 'extensions');
  for (let i = 0; i < 3; i++) equal(await it.echo(letters(5000)), letters(5000));
  it.ws.close();
  await it.closed;
}

// RFC 6455 lets the server choose none; a client that asked, such as ws, must then fail.
async function unknownProtocol(url) {
  const it = new Client(url, ['nobody.speaks.this'], {});
  await it.closed;
  equal(it.error?.message, 'Server sent no subprotocol', 'the error');
}

async function serverCloses(url) {
  const it = new Client(url, [], {});
  await it.opened;
  server.kill('SIGTERM');
  equal((await it.closed).split(' ')[0], '1012');
  const [code] = server.exitCode === null ? await once(server, 'exit') : [server.exitCode];
  equal(code, 0, 'the exit status');
}

let count = 0;
let failures = 0;

async function run(name, body) {
  count++;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), PATIENCE_MS);
  });
  try {
    await Promise.race([body(), late]);
    console.log(`ok ${count} - ${name}`);
  } catch (error) {
    failures++;
    console.log(`not ok ${count} - ${name}\n#   ${error.message}`);
  }
  clearTimeout(timer);
}

async function converse(url, body, perMessageDeflate = false) {
  const it = new Client(url, [], { perMessageDeflate, maxPayload: 0 });
  try {
    await it.opened;
    equal(it.ws.extensions, perMessageDeflate ? 'permessage-deflate' : '', 'extensions');
    await body(it);
  } finally {
    it.ws.terminate();
  }
}

const url = await urlOfEcho();
for (const [name, body] of Object.entries(conversations)) {
  if (!isDeflated) await run(`ws: ${name}`, () => converse(url, body));
  for (const [how, terms] of isDeflated ? Object.entries(deflates) : [])
    await run(`ws: ${name}, deflate: ${how}`, () => converse(url, body, { threshold: 0, ...terms }));
}
if (!isDeflated) await run('ws: deflate as it comes', () => deflateIsTaken(url));
await run('ws: a subprotocol that is not ours', () => unknownProtocol(url));
await run('ws: the server ends: 1012', () => serverCloses(url));
console.log(`1..${count}`);
server.kill('SIGKILL');
process.exit(failures ? 1 : 0);
