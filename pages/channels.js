// SPDX-License-Identifier: MIT
// A client of Hawser's channels (the Centrifuge protocol in JSON) that survives its connection.
//
//   const channels = new Channels('wss://example.com/connection/websocket', {name: 'Ada'});
//   channels.onstate = (state, detail) => { ... };
//   channels.subscribe('harbour', {onpublication: (data, info) => { ... }});
//   channels.open();
//   channels.publish('harbour', {text: 'ahoy'}).then(() => { ... });
//
// States, as onstate tells them:
//
//   connecting ──▶ connected ──▶ waiting ──▶ connecting ...     {code, reason, until}
//                      └───────▶ ended                          {code, reason}
//
// Subscriptions outlive the connection: they are made again with the next one.

const CONNECT_TIMEOUT_MS = 10000;
const PING_GRACE_MS = 8000; // how late the server's ping may be

// Full jitter: a server that comes back meets its clients one by one.
const DELAY_MIN_MS = 200;
const DELAY_MAX_MS = 10000;

export function backoff(attempt, random = Math.random()) {
  return DELAY_MIN_MS + random * Math.min(DELAY_MAX_MS, DELAY_MIN_MS * 2 ** attempt);
}

// The server asks clients with these codes to stay away.
function isFinal(code) {
  return (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);
}

// What the server answered (code above 0), or that the connection ended before it did (0).
export class ChannelError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Channels {
  constructor(url, data) {
    this.url = url;
    this.data = data; // told to the server with each connect
    this.client = null; // the id that the server gave this connection
    this.state = 'ended';
    this.onstate = () => {};

    this._socket = null;
    this._subscriptions = new Map(); // channel -> handlers
    this._requests = new Map(); // id -> {resolve, reject}
    this._lastId = 0;
    this._attempt = 0;
    this._retry = 0;
    this._watch = 0;
    this._pingMs = 0;
    window.addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.hurry();
    });
  }

  open() {
    if (this.state === 'ended') this._connect();
  }

  // Does not wait any longer for the next attempt.
  hurry() {
    if (this.state === 'waiting') this._connect();
  }

  close() {
    this._drop();
    this._enter('ended', {code: 1000, reason: ''});
  }

  // Handlers, all optional: onsubscribed(), onpublication(data, info), onjoin(info), onleave(info),
  // onerror(ChannelError).  An info is {client, user, conn_info}.
  subscribe(channel, handlers) {
    this._subscriptions.set(channel, handlers);
    if (this.state === 'connected') this._subscribe(channel);
  }

  unsubscribe(channel) {
    this._subscriptions.delete(channel);
    if (this.state === 'connected') this._request({unsubscribe: {channel}}).catch(() => {});
  }

  publish(channel, data) {
    return this._request({publish: {channel, data}});
  }

  presence(channel) {
    return this._request({presence: {channel}}).then((reply) => reply.presence.presence);
  }

  _enter(state, detail) {
    this.state = state;
    this.onstate(state, detail || {});
  }

  _connect() {
    this._drop();
    this._enter('connecting');
    const socket = new WebSocket(this.url);
    this._socket = socket;
    this._watch = setTimeout(() => this._lose(1006, 'no answer'), CONNECT_TIMEOUT_MS);
    socket.onopen = () => this._greet();
    socket.onmessage = (event) => this._receive(event.data);
    socket.onclose = (event) => this._lose(event.code, event.reason);
  }

  _greet() {
    this._request({connect: {data: this.data, name: 'hawser'}}).then((reply) => {
      this.client = reply.connect.client;
      this._pingMs = (reply.connect.ping || 0) * 1000;
      this._attempt = 0;
      this._expectPing();
      this._enter('connected');
      for (const channel of this._subscriptions.keys()) this._subscribe(channel);
    }).catch((error) => {
      if (error.code === 0) return; // lost: another attempt is under way
      this._drop();
      this._enter('ended', {code: error.code, reason: error.message});
    });
  }

  _subscribe(channel) {
    const handlers = this._subscriptions.get(channel);
    this._request({subscribe: {channel, join_leave: true}}).then(() => {
      if (handlers.onsubscribed) handlers.onsubscribed();
    }).catch((error) => {
      if (error.code !== 0 && handlers.onerror) handlers.onerror(error);
    });
  }

  _request(command) {
    return new Promise((resolve, reject) => {
      if (!this._socket || this._socket.readyState !== WebSocket.OPEN) {
        reject(new ChannelError(0, 'not connected'));
        return;
      }
      const id = ++this._lastId;
      this._requests.set(id, {resolve, reject});
      this._socket.send(JSON.stringify(Object.assign({id}, command)));
    });
  }

  _receive(text) {
    for (const line of text.split('\n')) {
      if (!line) continue;
      const reply = JSON.parse(line);
      if (reply.id) this._answer(reply);
      else if (reply.push) this._push(reply.push);
      else this._socket.send('{}'); // a ping
    }
    if (this.state === 'connected') this._expectPing();
  }

  _answer(reply) {
    const request = this._requests.get(reply.id);
    if (!request) return;
    this._requests.delete(reply.id);
    if (reply.error) request.reject(new ChannelError(reply.error.code, reply.error.message));
    else request.resolve(reply);
  }

  _push(push) {
    const handlers = this._subscriptions.get(push.channel);
    if (!handlers) return;
    if (push.pub && handlers.onpublication) handlers.onpublication(push.pub.data, push.pub.info);
    if (push.join && handlers.onjoin) handlers.onjoin(push.join.info);
    if (push.leave && handlers.onleave) handlers.onleave(push.leave.info);
  }

  // A connection can die without a word; then the server's pings stay away.
  _expectPing() {
    clearTimeout(this._watch);
    if (!this._pingMs) return;
    this._watch = setTimeout(() => this._lose(1006, 'silence'), this._pingMs + PING_GRACE_MS);
  }

  _lose(code, reason) {
    this._drop();
    if (isFinal(code)) {
      this._enter('ended', {code, reason});
      return;
    }
    const delay = backoff(this._attempt++);
    this._retry = setTimeout(() => this._connect(), delay);
    this._enter('waiting', {code, reason, until: Date.now() + delay});
  }

  // Forgets the connection, whatever state it is in; its own onclose may be long in coming.
  _drop() {
    clearTimeout(this._watch);
    clearTimeout(this._retry);
    const socket = this._socket;
    this._socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    const requests = Array.from(this._requests.values());
    this._requests.clear();
    for (const request of requests) request.reject(new ChannelError(0, 'connection lost'));
  }
}
