// SPDX-License-Identifier: MIT
// A client of Hawser's channels (the Centrifuge protocol in JSON) that survives its connection.
//
//   const channels = new Channels('wss://example.com/connection/websocket', {name: 'Ada'});
//   channels.onstate = (state, detail) => { ... };
//   channels.subscribe('harbour', {history: 50, onpublication: (data, info) => { ... }});
//   channels.open();
//   channels.publish('harbour', {text: 'ahoy'}).then(() => { ... });
//
// States, as onstate tells them:
//   connecting ──▶ connected ──▶ waiting ──▶ connecting ...     {code, reason, until}
//                      └───────▶ ended                          {code, reason}
// Subscriptions outlive the connection: they are made again with the next one, and what was missed
// meanwhile comes first, where the channel's history covers it.  Where a WebSocket does not pass,
// Server-Sent Events do.

import {ChannelError, EventStream, backoff, isFinal, watchNetwork} from './transport.js';

const CONNECT_TIMEOUT_MS = 10000;
const PING_GRACE_MS = 8000; // how late the server's ping may be

export class Channels {
  constructor(url, data, transports = [WebSocket, EventStream]) {
    this.url = url;
    this.data = data; // told to the server with each connect, as is `token`, where it wants one
    this.client = null; // the id that the server gave this connection
    this.state = 'ended';
    this.onstate = () => {};
    this.onrefused = () => {}; // a subscription without an onerror
    this._transports = transports; // that may pass; the first is tried next
    this._socket = null;
    this._subscriptions = new Map(); // channel -> {handlers, epoch, offset, held}
    this._requests = new Map(); // id -> {resolve, reject}
    this._lastId = 0;
    this._attempt = 0;
    this._pingMs = 0; // between the server's pings; 0: it sends none
    watchNetwork(() => this.hurry(), () => this.state === 'connected' && this._lose(1006, 'offline'));
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

  // Handlers, all optional: onpublication(data, info), onsubscribed({recovered}) when all that was
  // missed has come, onjoin(info), onleave(info), onerror(ChannelError); info: {client, conn_info}.
  // `history`: how many older publications come first, and again when recovery failed.
  subscribe(channel, handlers) {
    this._subscriptions.set(channel, {handlers, epoch: '', offset: 0, held: null});
    if (this.state === 'connected') this._subscribe(channel);
  }

  unsubscribe(channel) {
    this._subscriptions.delete(channel);
    if (this.state === 'connected') this._request({unsubscribe: {channel}}).catch(() => {});
  }

  publish = (channel, data) => this._request({publish: {channel, data}});

  // Answers what the server's procedure answers.
  rpc = async (method, data) => (await this._request({rpc: {method, data}})).rpc.data;

  // Who is in a channel: client -> info; and how many.
  presence = async (channel) => (await this._request({presence: {channel}})).presence.presence;
  presenceStats = async (channel) =>
    (await this._request({presence_stats: {channel}})).presence_stats;

  _enter(state, detail = {}) {
    this.state = state;
    this.onstate(state, detail);
  }

  _connect() {
    this._drop();
    this._enter('connecting');
    const socket = this._socket = new this._transports[0](this.url);
    this._watch = setTimeout(() => this._lose(1006, 'no answer'), CONNECT_TIMEOUT_MS);
    socket.onopen = () => this._greet();
    socket.onmessage = (event) => this._receive(event.data);
    socket.onclose = (event) => this._lose(event.code, event.reason);
  }

  _greet() {
    this._request({connect: {token: this.token, data: this.data, name: 'hawser'}}).then((reply) => {
      this.client = reply.connect.client;
      this._pingMs = (reply.connect.ping || 0) * 1000;
      this._attempt = 0;
      this._transports.length = 1; // it passes
      this._expectPing();
      this._enter('connected');
      for (const channel of this._subscriptions.keys()) this._subscribe(channel);
    }).catch((error) => {
      if (error.code === 0) return; // lost: another attempt is under way
      this._drop();
      this._enter('ended', {code: error.code, reason: error.message});
    });
  }

  // What is published while the history is on its way waits behind it.
  async _subscribe(channel) {
    const it = this._subscriptions.get(channel);
    const isMine = () => this._subscriptions.get(channel) === it;
    const since = it.epoch ? {recover: true, epoch: it.epoch, offset: it.offset} : {};
    it.held = [];
    try {
      const {subscribe} = await this._request({subscribe: {channel, join_leave: true, ...since}});
      const recovered = Boolean(subscribe.recovered);
      let missed = subscribe.publications || [];
      if (isMine() && it.handlers.history && !recovered) {
        const query = {channel, limit: it.handlers.history, reverse: true};
        missed = (await this._request({history: query})).history.publications.reverse();
      }
      if (!isMine()) return;
      if (!recovered) it.offset = 0;
      it.epoch = subscribe.epoch || '';
      const held = it.held;
      it.held = null;
      for (const publication of missed.concat(held)) this._deliver(it, publication);
      it.offset = Math.max(it.offset, subscribe.offset || 0);
      it.handlers.onsubscribed?.({recovered});
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      if (error.code && isMine()) (it.handlers.onerror || this.onrefused)(error);
    }
  }

  _deliver(it, {offset, data, info}) {
    if (it.held) return it.held.push({offset, data, info});
    if (offset && offset <= it.offset) return; // it came before
    it.offset = offset || it.offset;
    it.handlers.onpublication?.(data, info);
  }

  async _request(command) {
    if (this._socket?.readyState !== WebSocket.OPEN) throw new ChannelError(0, 'not connected');
    const id = ++this._lastId;
    this._socket.send(JSON.stringify({id, ...command}));
    return new Promise((resolve, reject) => this._requests.set(id, {resolve, reject}));
  }

  _receive(text) {
    for (const line of text.split('\n')) {
      if (!line) continue;
      const {id, error, ...reply} = JSON.parse(line);
      const request = this._requests.get(id);
      this._requests.delete(id);
      if (request && error) request.reject(new ChannelError(error.code, error.message));
      else if (request) request.resolve(reply);
      else if (reply.push) this._push(reply.push);
      else if (!id) this._socket.send('{}'); // a ping
    }
    if (this.state === 'connected') this._expectPing();
  }

  _push({channel, pub, join, leave, unsubscribe}) {
    const it = this._subscriptions.get(channel);
    if (!it) return;
    if (pub) this._deliver(it, pub);
    if (join) it.handlers.onjoin?.(join.info);
    if (leave) it.handlers.onleave?.(leave.info);
    if (unsubscribe && unsubscribe.code >= 2500) this._subscribe(channel); // it lost its place
  }

  // A connection can die without a word; then the server's pings stay away.
  _expectPing() {
    clearTimeout(this._watch);
    if (!this._pingMs) return;
    this._watch = setTimeout(() => this._lose(1006, 'silence'), this._pingMs + PING_GRACE_MS);
  }

  _lose(code, reason) {
    this._drop();
    if (isFinal(code)) return this._enter('ended', {code, reason});
    this._transports.push(this._transports.shift());
    const delay = backoff(this._attempt++);
    this._retry = setTimeout(() => this._connect(), delay);
    this._enter('waiting', {code, reason, until: Date.now() + delay});
  }

  // Forgets the connection, whatever its state; its own onclose may be long in coming.
  _drop() {
    clearTimeout(this._watch);
    clearTimeout(this._retry);
    const {_socket: socket, _requests: requests} = this;
    this._socket = null;
    this._requests = new Map();
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket) socket.close();
    requests.forEach(({reject}) => reject(new ChannelError(0, 'connection lost')));
  }
}
