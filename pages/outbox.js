// SPDX-License-Identifier: MIT
// What was written here and has not been confirmed.  It leaves in the order in which it was written, and
// again when the connection was lost before the server had confirmed it: the id in it tells those who
// have it already.
import {keepPicture} from './picture.js';
import {ChannelError} from './transport.js';

const ATTEMPT_COUNT_MAX = 5; // of a picture, on one connection or several
const RETRY_MS = 2000;

export class Outbox {
  // `mayLeave` is asked about each item while there is a connection.
  constructor(channels, mayLeave = () => true) {
    this._channels = channels;
    this._mayLeave = mayLeave;
    this._items = [];
    this._isFlushing = false;
  }

  // An item is {channel, data}; it may have `bytes` of the picture that `data` is about, which is given
  // to the server first; and `onrefused`, which is called with the reason.
  add(item) {
    this._items.push({isSent: false, ...item});
    this.flush();
  }

  // To be called when items may leave that could not before.  They leave one after the other: what was
  // written behind a picture comes behind it.
  async flush() {
    if (this._isFlushing) return;
    this._isFlushing = true;
    let item = this._next();
    while (item && await this._send(item)) item = this._next();
    this._isFlushing = false;
  }

  _next() {
    if (this._channels.state !== 'connected') return undefined;
    return this._items.find((item) => !item.isSent && this._mayLeave(item));
  }

  // Waits until it is on its way, not until it is confirmed.  Answers whether the next may leave.
  async _send(item) {
    item.isSent = true;
    try {
      if (item.bytes) item.data.picture.address = await keepPicture(this._channels, item.bytes);
    } catch (error) {
      return this._fail(item, error);
    }
    if (!this._mayLeave(item)) {
      item.isSent = false; // its room was left meanwhile
      return true;
    }
    this._channels.publish(item.channel, item.data)
      .then(() => this._settle(item), (error) => this._settle(item, error));
    return true;
  }

  // A request may fail where the connection does not: then it is tried again, but not for ever.
  _fail(item, error) {
    const isLost = error.code === 0 && this._channels.state === 'connected';
    if (isLost) item.attempts = (item.attempts || 0) + 1;
    if (isLost && item.attempts < ATTEMPT_COUNT_MAX) {
      item.isSent = false;
      setTimeout(() => this.flush(), RETRY_MS);
      return false;
    }
    this._settle(item, isLost ? new ChannelError(-1, error.message) : error);
    return true;
  }

  _settle(item, error) {
    item.isSent = false;
    if (error && error.code === 0) return; // lost: it waits for the next connection
    this._items.splice(this._items.indexOf(item), 1);
    if (error && item.onrefused) item.onrefused(error.message);
  }
}
