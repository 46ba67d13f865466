// SPDX-License-Identifier: MIT
// A conversation as it is read: messages under their names, pictures, and what happened between them.
import {avatar, clean, clock, hueOf, make, recall, remember, t, teach} from './page.js';
import {showPicture} from './picture.js';

const ENTRY_COUNT_MAX = 500;
const SENT_COUNT_MAX = 200; // own messages that are told from others' after a reload
const GROUP_MS = 5 * 60 * 1000; // messages of one person within it stand under one name

export const TEXT_MAX = 2000;

teach({
  'Messages': '消息',
  'Message': '消息',
  'Send': '发送',
  'You': '你',
  '{name} is typing…': '{name} 正在输入…',
  'not sent: {reason}': '未发送：{reason}',
});

// ---- What is ours -------------------------------------------------------------------------------

const sent = new Set(recall('sent', []));

export function noteSent(id) {
  sent.add(id);
  remember('sent', Array.from(sent).slice(-SENT_COUNT_MAX));
}

export const isOurs = (id) => sent.has(id);

// ---- The list -----------------------------------------------------------------------------------

export class TalkLog {
  // `scroller` is the element that the list is put into; `onbelow` is called when something new is
  // out of sight.
  constructor(scroller, onbelow = () => {}) {
    this.list = make('ol', 'entries');
    this.messages = new Map(); // id -> its element
    this._scroller = scroller;
    this._onbelow = onbelow;
    this._last = null; // {key, time} of the last entry, to group what belongs together
  }

  event(content) {
    this._last = null;
    const entry = make('li', 'event');
    const line = make('span', '', content);
    line.dir = 'auto';
    entry.append(line, ' ', clock());
    this._append(entry);
  }

  // `id` tells a message that comes back, or comes twice, from a new one.
  message({id, name, own, content, picture, at, waits}) {
    if (this.messages.has(id)) {
      this.messages.get(id).classList.remove('waits');
      return;
    }
    const time = Number.isFinite(at) && at > 0 ? new Date(at) : new Date();
    const key = own ? 'own' : name;
    const follows = this._last && this._last.key === key && time - this._last.time < GROUP_MS;
    this._last = {key, time};
    const entry = make('li', 'message' + (own ? ' own' : '') + (follows ? ' follows' : ''));
    if (waits) entry.classList.add('waits');
    if (!own) entry.append(avatar(name));
    const bubble = make('div', 'bubble');
    const who = make('span', 'who', own ? t('You') : clean(name));
    who.style.setProperty('--hue', hueOf(name));
    who.dir = 'auto';
    bubble.append(who);
    if (picture) bubble.append(showPicture(picture, name));
    if (content) {
      const body = make('p', '', content);
      body.dir = 'auto';
      bubble.append(body);
    }
    bubble.append(clock(time));
    entry.append(bubble);
    this.messages.set(id, entry);
    this._append(entry);
  }

  refuse(id, reason) {
    const entry = this.messages.get(id);
    if (!entry) return;
    entry.classList.remove('waits');
    entry.classList.add('refused');
    entry.querySelector('.bubble').append(make('span', 'reason', t('not sent: {reason}', {reason})));
  }

  isAtEnd() {
    const {scrollHeight, scrollTop, clientHeight} = this._scroller;
    return scrollHeight - scrollTop - clientHeight < 48;
  }

  scrollToEnd() {
    this._scroller.scrollTop = this._scroller.scrollHeight;
  }

  _append(entry) {
    const follow = this.isAtEnd();
    this.list.append(entry);
    if (this.list.childElementCount > ENTRY_COUNT_MAX) this.list.firstElementChild.remove();
    while (this.messages.size > ENTRY_COUNT_MAX) {
      this.messages.delete(this.messages.keys().next().value);
    }
    if (!this.list.isConnected) return;
    if (follow) this.scrollToEnd();
    else this._onbelow();
  }
}

// Enter sends, Shift+Enter breaks the line; while an input method composes, Enter is its own.
export function takeEnter(field, send) {
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
}

// ---- Typing -------------------------------------------------------------------------------------

const TELL_MS = 2000; // how often it is told
const SHOW_MS = 5000; // how long it is shown

// Who types in a channel without history, such as "typing-harbour"; `show` gets their names.
export class Typing {
  constructor(channels, channel, show) {
    this._channels = channels;
    this._channel = channel;
    this._show = show;
    this._names = new Map(); // client -> {name, timer}
    this._told = 0;
    channels.subscribe(channel, {onpublication: (data, info) => this._take(data, info)});
  }

  tell(name) {
    const now = Date.now();
    if (now - this._told < TELL_MS) return;
    this._told = now;
    this._channels.publish(this._channel, {typing: name}).catch(() => {}); // no more than comfort
  }

  // What was typed has been sent.
  end(client) {
    const known = this._names.get(client);
    if (!known) return;
    clearTimeout(known.timer);
    this._names.delete(client);
    this._tellNames();
  }

  endAll() {
    for (const client of Array.from(this._names.keys())) this.end(client);
  }

  close() {
    this.endAll();
    this._channels.unsubscribe(this._channel);
  }

  sent() {
    this._told = 0;
  }

  _take(data, info) {
    if (!data || typeof data.typing !== 'string' || info.client === this._channels.client) return;
    this.end(info.client);
    const timer = setTimeout(() => this.end(info.client), SHOW_MS);
    this._names.set(info.client, {name: clean(data.typing), timer});
    this._tellNames();
  }

  _tellNames() {
    const names = Array.from(this._names.values(), (known) => known.name).join(', ');
    this._show(names ? t('{name} is typing…', {name: names}) : '');
  }
}
