// SPDX-License-Identifier: MIT
// The official client of the Centrifuge protocol (npm's centrifuge) against `hawser serve`, over
// the transport that its argument names: websocket, http_stream or sse.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

let WebSocket;
let Centrifuge;
try {
  ({ default: WebSocket } = await import('ws'));
  ({ Centrifuge } = await import('centrifuge'));
} catch {
  console.log('1..0 # SKIP no node_modules: npm ci in tests/interop');
  process.exit(0);
}

const transport = process.argv[2] || 'websocket';
const program = process.env.HAWSER ?? 'build/src/cmd/hawser';
const PATIENCE_MS = 60_000;
// An address of our own: between two servers nobody else is given its port.
const HOST = `127.${process.pid >> 16 & 0x7F}.${process.pid >> 8 & 0xFF}.${process.pid & 0xFF || 1}`;
const SECRET = 'a secret that only back ends know';
const API_KEY = '0123456789abcdef';
const CONFIG = `
namespaces:
  default:
    subscribe: all
    publish: subscribers
    history_size: 100
    recovery: true
  short:
    subscribe: all
    publish: subscribers
    history_size: 2
    recovery: true
  from:
    subscribe: all
    history_size: 10
    recovery: true
  secret: {}
`;

// A server, with keys, that can be killed and started anew at the same port.

const folder = mkdtempSync(path.join(tmpdir(), 'hawser-'));
const file = (name, text) => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const options = [
  '--config', file('hawser.yaml', CONFIG), '--token-key', file('secret', SECRET),
  '--api-key', file('api.key', API_KEY), '--threads', '2',
];

class Server {
  static async start(port = 0) {
    const server = new Server();
    server.process = spawn(program, ['serve', '--listen', `http://${HOST}:${port}`, ...options],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: server.process.stdout })) {
      server.url ??= line.match(/channels\s+(ws:\S+)/)?.[1];
      if (line.startsWith('Ctrl-C')) break;
    }
    assert.ok(server.url, 'the server did not start');
    server.port = Number(new URL(server.url).port);
    return server;
  }

  async end(signal = 'SIGKILL') {
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    await exit;
  }

  async call(method, parameters) {
    const answer = await fetch(`http://${HOST}:${this.port}/api/${method}`, {
      method: 'POST',
      headers: { 'X-API-Key': API_KEY, 'Content-Type': 'application/json' },
      body: JSON.stringify(parameters),
    });
    return (await answer.json()).result;
  }
}

let server = await Server.start();

function token(claims) {
  const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
  const body = { exp: Math.floor(Date.now() / 1000) + 3600, ...claims };
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(body)}`;
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

// The little of an EventSource that the client needs; Node has none.
class EventSource {
  constructor(url) {
    this.abort = new AbortController();
    this.read(url).catch(() => {}).then(() => {
      if (!this.isClosed) this.onerror({});
    });
  }

  async read(url) {
    const answer = await fetch(url, { signal: this.abort.signal });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/event-stream');
    this.onopen({});
    let text = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const events = (text + chunk).split('\n\n');
      text = events.pop();
      for (const event of events) {
        assert.match(event, /^data: /);
        if (!this.isClosed) this.onmessage({ data: event.slice(6) });
      }
    }
  }

  close() {
    this.isClosed = true;
    this.abort.abort();
  }
}

// As a network does that breaks.
function cut(client) {
  const inner = client._transport;
  if (transport === 'websocket') inner._transport.terminate();
  if (transport === 'http_stream') inner._abortController.abort();
  if (transport === 'sse') inner._transport.abort.abort();
}

function addressOf() {
  const base = server.url.replace('ws:', 'http:').replace('/connection/websocket', '');
  if (transport === 'websocket') return [server.url, {}];
  return [
    [{ transport, endpoint: `${base}/connection/${transport}` }],
    { emulationEndpoint: `${base}/emulation`, eventsource: EventSource, fetch, readableStream: ReadableStream },
  ];
}

// Clients.  What they tell is kept in order, and can be waited for.

const clients = [];

function makeClient(user, more = {}) {
  const [address, how] = addressOf();
  const client = new Centrifuge(address, {
    websocket: WebSocket,
    ...how,
    token: token({ sub: user, info: { name: user } }),
    minReconnectDelay: 10,
    maxReconnectDelay: 100,
    ...more,
  });
  client.on('error', () => {}); // of connections that are cut on purpose
  clients.push(client);
  return client;
}

async function connect(client) {
  client.connect();
  await client.ready(PATIENCE_MS);
  return client;
}

class Watch {
  constructor(emitter, ...events) {
    this.seen = [];
    this.waiting = [];
    for (const event of events) {
      emitter.on(event, (context) => {
        const waiter = this.waiting.shift();
        if (waiter) waiter({ event, ...context });
        else this.seen.push({ event, ...context });
      });
    }
  }

  next() {
    if (this.seen.length) return Promise.resolve(this.seen.shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came')), PATIENCE_MS);
      this.waiting.push((context) => {
        clearTimeout(timer);
        resolve(context);
      });
    });
  }
}

async function subscribe(client, channel, more = {}) {
  const subscription = client.newSubscription(channel, more);
  subscription.on('error', () => {});
  subscription.subscribe();
  await subscription.ready(PATIENCE_MS);
  return subscription;
}

// The tests.

const tests = {
  async 'connects, with what its token says'() {
    const client = makeClient('ada');
    const watch = new Watch(client, 'connected');
    await connect(client);
    const context = await watch.next();
    assert.match(context.client, /^[0-9a-f]{32}$/);
    assert.equal(context.transport, transport);
  },

  async 'publishes to others and to itself'() {
    const ada = await subscribe(await connect(makeClient('ada')), 'talk');
    const ben = await subscribe(await connect(makeClient('ben')), 'talk');
    const heard = [new Watch(ada, 'publication'), new Watch(ben, 'publication')];
    await ada.publish({ text: 'ahoy ⚓' });
    for (const watch of heard) {
      const context = await watch.next();
      assert.deepEqual(context.data, { text: 'ahoy ⚓' });
      assert.equal(context.info.user, 'ada');
      assert.deepEqual(context.info.connInfo, { name: 'ada' });
      assert.equal(context.offset, 1);
    }
  },

  async 'is pushed to by a back end'() {
    const subscription = await subscribe(await connect(makeClient('ada')), 'pushed');
    const watch = new Watch(subscription, 'publication');
    await server.call('publish', { channel: 'pushed', data: [1, null], tags: { a: 'b' } });
    const context = await watch.next();
    assert.deepEqual([context.data, context.tags], [[1, null], { a: 'b' }]);
  },

  async 'sees who is here, who comes and who goes'() {
    const ada = await subscribe(await connect(makeClient('ada')), 'here', { joinLeave: true });
    const watch = new Watch(ada, 'join', 'leave');
    assert.equal((await watch.next()).info.user, 'ada');
    const benClient = await connect(makeClient('ben'));
    await subscribe(benClient, 'here');
    const join = await watch.next();
    assert.deepEqual([join.event, join.info.user], ['join', 'ben']);
    const { clients: present } = await ada.presence();
    assert.deepEqual(Object.values(present).map((info) => info.user).sort(), ['ada', 'ben']);
    assert.deepEqual(await ada.presenceStats(), { numClients: 2, numUsers: 2 });
    benClient.disconnect();
    const leave = await watch.next();
    assert.deepEqual([leave.event, leave.info.user], ['leave', 'ben']);
  },

  async 'reads a history, forwards and backwards'() {
    const subscription = await subscribe(await connect(makeClient('ada')), 'past');
    for (let i = 1; i <= 5; i++) await subscription.publish(i);
    const all = await subscription.history({ limit: -1 });
    assert.deepEqual(all.publications.map((each) => each.data), [1, 2, 3, 4, 5]);
    const since = { offset: 2, epoch: all.epoch };
    const some = await subscription.history({ limit: 2, since });
    assert.deepEqual(some.publications.map((each) => each.data), [3, 4]);
    const back = await subscription.history({ limit: 2, reverse: true });
    assert.deepEqual(back.publications.map((each) => each.data), [5, 4]);
    assert.deepEqual((await subscription.history({ limit: 0 })).publications, []);
  },

  async 'calls procedures, and hears that there is none'() {
    const client = await connect(makeClient('ada'));
    assert.deepEqual((await client.rpc('echo', { a: [1] })).data, { a: [1] });
    await assert.rejects(client.rpc('none', {}), { code: 108 });
  },

  async 'is told what it may not'() {
    const client = await connect(makeClient('ada'));
    for (const [channel, code] of [['secret:x', 103], ['no:where', 102], ['x#ben', 103]]) {
      const subscription = client.newSubscription(channel);
      const watch = new Watch(subscription, 'unsubscribed');
      subscription.subscribe();
      assert.equal((await watch.next()).code, code);
    }
    await assert.rejects(client.publish('elsewhere', 1), { code: 103 });
  },

  async 'comes back after its connection was cut, and misses nothing'() {
    const client = await connect(makeClient('ada'));
    const subscription = await subscribe(client, 'cut');
    const heard = new Watch(subscription, 'publication');
    const state = new Watch(subscription, 'subscribing', 'subscribed');
    await server.call('publish', { channel: 'cut', data: 0 });
    for (let round = 0; round < 5; round++) {
      cut(client);
      await server.call('broadcast', { channels: ['cut'], data: 2 * round + 1 });
      assert.equal((await state.next()).event, 'subscribing');
      const subscribed = await state.next();
      assert.deepEqual([subscribed.wasRecovering, subscribed.recovered], [true, true]);
      await server.call('publish', { channel: 'cut', data: 2 * round + 2 });
    }
    for (let i = 0; i <= 10; i++) assert.equal((await heard.next()).data, i);
    assert.equal(heard.seen.length, 0);
  },

  async 'is told when something is missing'() {
    const client = await connect(makeClient('ada'));
    const subscription = await subscribe(client, 'short:x');
    const heard = new Watch(subscription, 'publication');
    client.disconnect();
    for (let i = 0; i < 3; i++) await server.call('publish', { channel: 'short:x', data: i });
    const state = new Watch(subscription, 'subscribed');
    await connect(client);
    const subscribed = await state.next();
    assert.deepEqual([subscribed.wasRecovering, subscribed.recovered], [true, false]);
    await server.call('publish', { channel: 'short:x', data: 'live' });
    assert.equal((await heard.next()).data, 'live');
  },

  async 'leaves before it has read what it missed, and comes back for it'() {
    const subscription = await subscribe(await connect(makeClient('ada')), 'unread');
    subscription.unsubscribe();
    for (let i = 0; i < 3; i++) await server.call('publish', { channel: 'unread', data: i });
    const heard = new Watch(subscription, 'publication');
    const state = new Watch(subscription, 'unsubscribed');
    subscription.once('subscribed', () => subscription.unsubscribe());
    subscription.subscribe();
    await state.next();
    subscription.once('publication', () => subscription.unsubscribe());
    subscription.subscribe();
    await state.next();
    assert.equal((await heard.next()).data, 0);
    assert.equal(heard.seen.length, 0);
    subscription.subscribe();
    for (const data of [1, 2]) assert.equal((await heard.next()).data, data);
  },

  async 'loads its state anew when it cannot come back'() {
    const client = await connect(makeClient('ada'));
    const places = [];
    const subscription = await subscribe(client, 'short:state', {
      minResubscribeDelay: 10,
      maxResubscribeDelay: 100,
      getState: async () => {
        const { offset, epoch } = await server.call('history', { channel: 'short:state', limit: 0 });
        places.push(offset);
        return { offset, epoch };
      },
    });
    const heard = new Watch(subscription, 'publication');
    client.disconnect();
    for (let i = 0; i < 3; i++) await server.call('publish', { channel: 'short:state', data: i });
    await connect(client);
    await subscription.ready(PATIENCE_MS);
    assert.deepEqual(places, [0, 3]);
    await server.call('publish', { channel: 'short:state', data: 'live' });
    assert.equal((await heard.next()).data, 'live');
  },

  async 'begins at the beginning when it has no place yet'() {
    for (let i = 0; i < 3; i++) await server.call('publish', { channel: 'from:start', data: i });
    const client = await connect(makeClient('ada'));
    const subscription = client.newSubscription('from:start', {
      getState: async () => ({ offset: 0, epoch: '' }),
    });
    const heard = new Watch(subscription, 'publication');
    subscription.subscribe();
    for (let i = 0; i < 3; i++) assert.equal((await heard.next()).data, i);
  },

  async 'looks at a channel that it has left'() {
    const client = await connect(makeClient('ada'));
    const subscription = await subscribe(client, 'left');
    assert.equal((await subscription.presenceStats()).numClients, 1);
    await Promise.all([new Watch(subscription, 'unsubscribed').next(), subscription.unsubscribe()]);
    // Over an emulated transport a question may overtake the word that it has left.
    let here = 1;
    while (here > 0) here = Object.keys((await client.presence('left')).clients).length;
    await assert.rejects(client.presence('secret:left'), { code: 103 });
  },

  async 'comes back after the server was killed, and is told that nothing was kept'() {
    const client = await connect(makeClient('ada'));
    const subscription = await subscribe(client, 'killed');
    const heard = new Watch(subscription, 'publication');
    await subscription.publish('before');
    assert.equal((await heard.next()).data, 'before');
    const state = new Watch(subscription, 'subscribed');
    const { port } = server;
    await server.end();
    server = await Server.start(port);
    const subscribed = await state.next();
    assert.deepEqual([subscribed.wasRecovering, subscribed.recovered], [true, false]);
    await subscription.publish('after');
    assert.equal((await heard.next()).data, 'after');
  },

  async 'asks for another token when its own has expired'() {
    let asked = 0;
    const client = makeClient('ada', {
      token: token({ sub: 'ada', exp: 1 }),
      getToken: async () => {
        asked += 1;
        return token({ sub: 'ada' });
      },
    });
    await connect(client);
    assert.equal(asked, 1);
  },

  async 'refreshes a token before it expires'() {
    let asked = 0;
    const again = {};
    const refreshed = new Promise((resolve) => { again.done = resolve; });
    const client = makeClient('ada', {
      token: token({ sub: 'ada', exp: Math.floor(Date.now() / 1000) + 3 }),
      getToken: async () => {
        asked += 1;
        setTimeout(again.done, 0);
        return token({ sub: 'ada' });
      },
    });
    const watch = new Watch(client, 'disconnected', 'connecting');
    await connect(client);
    await refreshed;
    assert.deepEqual((await client.rpc('echo', 1)).data, 1);
    assert.ok(asked >= 1);
    assert.deepEqual(watch.seen.map((each) => each.event), ['connecting']);
  },

  async 'shows a token for a subscription'() {
    const client = await connect(makeClient('ada'));
    const subscription = await subscribe(client, 'secret:room', {
      joinLeave: true,
      getToken: async (context) => token({ sub: 'ada', channel: context.channel, info: { seat: 1 } }),
    });
    const { clients: present } = await subscription.presence();
    assert.deepEqual(Object.values(present)[0].chanInfo, { seat: 1 });
  },

  async 'stays away with a token that is none'() {
    const client = makeClient('ada', { token: 'x.y.z' });
    const watch = new Watch(client, 'disconnected');
    client.connect();
    assert.equal((await watch.next()).code, 3500);
  },

  async 'is put into channels by its token, and by a back end'() {
    const client = makeClient('eve', { token: token({ sub: 'eve', channels: ['own'] }) });
    const watch = new Watch(client, 'subscribed', 'unsubscribed', 'publication');
    await connect(client);
    assert.equal((await watch.next()).channel, 'own');
    await server.call('publish', { channel: 'own', data: 1 });
    assert.deepEqual((await watch.next()).data, 1);
    await server.call('subscribe', { user: 'eve', channel: 'more' });
    const more = await watch.next();
    assert.deepEqual([more.event, more.channel], ['subscribed', 'more']);
    await server.call('unsubscribe', { user: 'eve', channel: 'more' });
    const less = await watch.next();
    assert.deepEqual([less.event, less.channel], ['unsubscribed', 'more']);
  },

  async 'is disconnected by a back end, for good'() {
    const client = makeClient('gone');
    const watch = new Watch(client, 'disconnected');
    await connect(client);
    await server.call('disconnect', { user: 'gone' });
    assert.deepEqual([(await watch.next()).code, client.state], [3503, 'disconnected']);
  },

  async 'sends many commands in one frame'() {
    const client = await connect(makeClient('ada'));
    const subscription = await subscribe(client, 'many');
    const heard = new Watch(subscription, 'publication');
    client.startBatching();
    const all = Array.from({ length: 50 }, (_, i) => subscription.publish(i));
    client.stopBatching();
    await Promise.all(all);
    for (let i = 0; i < 50; i++) assert.equal((await heard.next()).data, i);
  },
};

// TAP.

console.log(`1..${Object.keys(tests).length}`);
let number = 0;
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  number += 1;
  try {
    await test();
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${number} - ${name}`);
    for (const line of String(error.stack).split('\n')) console.log(`#   ${line}`);
  }
  clients.splice(0).forEach((client) => client.disconnect());
}
await server.end('SIGTERM');
rmSync(folder, { recursive: true });
process.exit(failed ? 1 : 0);
