// SPDX-License-Identifier: MIT
// How pages/channels.js reaches a server: with which kind of connection, and when it tries again.

const DELAY_MIN_MS = 200;
const DELAY_MAX_MS = 10000;
const BATCH_COUNT_MAX = 32; // messages in one request
const BATCH_SIZE_MAX = 16000; // characters, which may be three bytes each

// Full jitter: a server that comes back meets its clients one by one.
export function backoff(attempt, random = Math.random()) {
  return DELAY_MIN_MS + random * Math.min(DELAY_MAX_MS, DELAY_MIN_MS * 2 ** attempt);
}

// Calls `back` when another attempt may succeed, and `gone` when the network is: a connection that is
// left over from it would say nothing for long.
export function watchNetwork(back, gone) {
  window.addEventListener('online', back);
  window.addEventListener('offline', gone);
  document.addEventListener('visibilitychange', () => document.hidden || back());
}

// The server asks clients with these codes to stay away.
export const isFinal = (code) => (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);

// What the server answered (code above 0), or that the connection ended before it did (0).
export class ChannelError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// For networks where a WebSocket does not pass, with the face of one: what the server says comes as
// Server-Sent Events, and each message to it is a request.
//
//   connect ──▶ GET  /connection/sse?cf_connect=...  ══▶ events, the first with a session
//   others  ──▶ POST /emulation {session, node, data}
export class EventStream {
  constructor(url) {
    this._base = new URL(url.replace(/^ws/, 'http')).origin;
    this.readyState = WebSocket.OPEN;
    this._where = null; // {session, node}, when the server has told them
    this._waiting = []; // messages that have not left yet
    this._isSending = false;
    queueMicrotask(() => this.onopen && this.onopen());
  }

  send(text) {
    if (this._events) {
      this._waiting.push(text);
      this._flush();
      return;
    }
    this._events = new EventSource(this._base + '/connection/sse?cf_connect=' + encodeURIComponent(text));
    this._events.onmessage = (event) => this._take(event.data);
    this._events.onerror = () => this._end(1006, 'the stream ended');
  }

  close() {
    this.readyState = WebSocket.CLOSED;
    if (this._events) this._events.close();
  }

  _take(text) {
    const {connect, push} = JSON.parse(text);
    if (connect) this._where = {session: connect.session, node: connect.node};
    if (push && push.disconnect) this._end(push.disconnect.code, push.disconnect.reason);
    else if (this.onmessage) this.onmessage({data: text});
    this._flush();
  }

  // One request after the other: they are to arrive in order.
  async _flush() {
    if (!this._where || this._isSending || this._waiting.length === 0) return;
    this._isSending = true;
    let data = this._waiting.shift();
    for (let i = 1; i < BATCH_COUNT_MAX && this._waiting.length > 0; i++) {
      if (data.length + this._waiting[0].length > BATCH_SIZE_MAX) break;
      data += '\n' + this._waiting.shift();
    }
    const body = JSON.stringify({...this._where, data});
    const answer = await fetch(this._base + '/emulation',
      {method: 'POST', headers: {'Content-Type': 'application/json'}, body}).catch(() => null);
    this._isSending = false;
    if (answer && answer.ok) this._flush();
    else this._end(1006, 'no way to the server');
  }

  _end(code, reason) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.close();
    if (this.onclose) this.onclose({code, reason});
  }
}
