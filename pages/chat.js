// SPDX-License-Identifier: MIT
// The chat: rooms, names, who is here, and messages that outlast a lost connection.
import {Channels} from './channels.js';

const TEXT_MAX = 2000;
const NAME_MAX = 32; // code points
const ROOM_MAX = 60; // code points: at most 240 of the 255 bytes a channel may have
const ENTRY_COUNT_MAX = 500; // of a room's log
const GROUP_MS = 5 * 60 * 1000; // messages of one person within it stand under one name
const FIRST_ROOM = 'harbour';

const element = (id) => document.getElementById(id);
const log = element('log');
const text = element('text');

// A private window may forbid storage; then names and rooms last as long as the page.
function recall(key, fallback) {
  try {
    return JSON.parse(localStorage.getItem('hawser.' + key)) || fallback;
  } catch (error) {
    return fallback;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem('hawser.' + key, JSON.stringify(value));
  } catch (error) {
    // nothing is lost but comfort
  }
}

function limit(string, length) {
  return Array.from(string).slice(0, length).join('');
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

function cleanName(string) {
  return limit(String(string).replace(CONTROL, '').trim(), NAME_MAX);
}

function cleanRoom(string) {
  return limit(String(string).replace(CONTROL, '').trim().replace(/\s+/g, '-'), ROOM_MAX);
}

function roomOfAddress() {
  return cleanRoom(new URLSearchParams(location.search).get('room') || '') || FIRST_ROOM;
}

function make(tag, className, content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}

// One name, one colour, on every screen.
function hueOf(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 360;
  return hash;
}

function avatar(name) {
  const made = make('span', 'avatar', (Array.from(name)[0] || '?').toUpperCase());
  made.style.setProperty('--hue', hueOf(name));
  made.setAttribute('aria-hidden', 'true');
  return made;
}

function nameOf(info) {
  const name = info && info.conn_info && info.conn_info.name;
  return typeof name === 'string' && cleanName(name) ? cleanName(name) : 'Somebody';
}

// ---- The log of a room --------------------------------------------------------------------------

class RoomLog {
  constructor() {
    this.list = make('ol', 'entries');
    this.messages = new Map(); // id -> its element
    this.last = null; // {key, time} of the last entry, to group what belongs together
  }

  event(content) {
    this.last = null;
    const entry = make('li', 'event');
    const line = make('span', '', content);
    line.dir = 'auto';
    entry.append(line, ' ', clock());
    this._append(entry);
  }

  // `id` tells a message that comes back, or comes twice, from a new one.
  message({id, name, own, content, key, waits}) {
    if (this.messages.has(id)) {
      this.messages.get(id).classList.remove('waits');
      return;
    }
    const follows = this.last && this.last.key === key && Date.now() - this.last.time < GROUP_MS;
    this.last = {key, time: Date.now()};
    const entry = make('li', 'message' + (own ? ' own' : '') + (follows ? ' follows' : ''));
    if (waits) entry.classList.add('waits');
    if (!own) entry.append(avatar(name));
    const bubble = make('div', 'bubble');
    const who = make('span', 'who', own ? 'You' : name);
    who.style.setProperty('--hue', hueOf(name));
    who.dir = 'auto';
    const body = make('p', '', content);
    body.dir = 'auto';
    bubble.append(who, body, clock());
    entry.append(bubble);
    this.messages.set(id, entry);
    this._append(entry);
  }

  refuse(id, reason) {
    const entry = this.messages.get(id);
    if (!entry) return;
    entry.classList.remove('waits');
    entry.classList.add('refused');
    entry.querySelector('.bubble').append(make('span', 'reason', 'not sent: ' + reason));
  }

  _append(entry) {
    const follow = isAtEnd();
    this.list.append(entry);
    if (this.list.childElementCount > ENTRY_COUNT_MAX) this.list.firstElementChild.remove();
    while (this.messages.size > ENTRY_COUNT_MAX) {
      this.messages.delete(this.messages.keys().next().value);
    }
    if (!this.list.isConnected) return;
    if (follow) scrollToEnd();
    else element('to-end').hidden = false;
  }
}

function clock() {
  const now = new Date();
  const made = make('time', '', now.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'}));
  made.dateTime = now.toISOString();
  return made;
}

function isAtEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 48;
}

function scrollToEnd() {
  log.scrollTop = log.scrollHeight;
  element('to-end').hidden = true;
}

// ---- Who we are, where we are -------------------------------------------------------------------

const address = location.protocol.replace('http', 'ws') + '//' + location.host;
const channels = new Channels(address + '/connection/websocket', {});
const logs = new Map(); // room -> RoomLog
const people = new Map(); // client -> name
const outbox = []; // {room, id, content, sending}, in the order they were written
let name = cleanName(recall('name', ''));
let rooms = recall('rooms', [FIRST_ROOM]).map(cleanRoom).filter(Boolean);
let room = '';
let isSubscribed = false;
let unread = 0;

function currentLog() {
  if (!logs.has(room)) logs.set(room, new RoomLog());
  return logs.get(room);
}

function showTitle() {
  document.title = (unread ? '(' + unread + ') ' : '') + room + ' · Hawser';
}

function showPeople() {
  const names = Array.from(people, ([client, itsName]) => ({client, itsName}));
  names.sort((a, b) => a.itsName.localeCompare(b.itsName));
  element('people').textContent = '';
  for (const {client, itsName} of names) {
    const item = make('li');
    const label = make('span', 'name', itsName);
    label.dir = 'auto';
    item.append(avatar(itsName), label);
    if (client === channels.client) item.append(make('span', 'you', 'you'));
    element('people').append(item);
  }
  element('people-count').textContent = element('panel-count').textContent = names.length;
}

function showRooms() {
  element('rooms').textContent = '';
  for (const each of rooms) {
    const item = make('li');
    const link = make('a', '', each);
    link.href = '?room=' + encodeURIComponent(each);
    link.dir = 'auto';
    if (each === room) link.setAttribute('aria-current', 'page');
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // its own tab or window
      event.preventDefault();
      goTo(each);
    });
    item.append(link);
    element('rooms').append(item);
  }
}

function goTo(next) {
  if (next !== room) {
    history.pushState(null, '', '?room=' + encodeURIComponent(next));
    enter(next);
  }
  showPanel(false);
  text.focus();
}

function enter(next) {
  if (room) channels.unsubscribe(room);
  room = next;
  isSubscribed = false;
  people.clear();
  if (!rooms.includes(room)) rooms = [room].concat(rooms).slice(0, 20);
  remember('rooms', rooms);

  element('room-title').textContent = room;
  showTitle();
  showRooms();
  showPeople();
  log.setAttribute('aria-busy', 'true'); // old messages are not read out again
  log.textContent = '';
  log.append(currentLog().list);
  scrollToEnd();
  log.removeAttribute('aria-busy');
  channels.subscribe(room, handlersOf(room));
}

// ---- What comes in ------------------------------------------------------------------------------

function handlersOf(itsRoom) {
  const isHere = () => itsRoom === room;
  return {
    onsubscribed() {
      if (!isHere()) return;
      isSubscribed = true;
      currentLog().event('You are in ' + room);
      flush();
      channels.presence(room).then((present) => {
        if (!isHere()) return;
        people.clear();
        for (const client of Object.keys(present)) people.set(client, nameOf(present[client]));
        showPeople();
      }).catch(() => {}); // the connection is gone: the next one asks again
    },
    onpublication(data, info) {
      if (!isHere() || !data || typeof data.text !== 'string' || !data.text) return;
      const own = Boolean(info) && info.client === channels.client;
      currentLog().message({
        id: String(data.id || Math.random()),
        name: nameOf(info),
        own,
        content: data.text.slice(0, TEXT_MAX),
        key: own ? 'own' : (info && info.client),
      });
      if (document.hidden) unread++;
      showTitle();
    },
    onjoin(info) {
      if (!isHere() || info.client === channels.client) return;
      people.set(info.client, nameOf(info));
      showPeople();
      currentLog().event(nameOf(info) + ' came in');
    },
    onleave(info) {
      if (!isHere() || info.client === channels.client) return;
      people.delete(info.client);
      showPeople();
      currentLog().event(nameOf(info) + ' left');
    },
    onerror(error) {
      if (isHere()) currentLog().event('This room cannot be entered: ' + error.message);
    },
  };
}

// ---- What goes out ------------------------------------------------------------------------------

function makeId() {
  return Date.now().toString(36) + Math.random().toString(36).slice(2);
}

// A message leaves the outbox when the server has confirmed it.  If the connection is lost before
// that, it is sent again, and its id tells those who have it already.
function flush() {
  if (channels.state !== 'connected' || !isSubscribed) return;
  for (const item of outbox.filter((each) => each.room === room && !each.sending)) {
    item.sending = true;
    channels.publish(item.room, {id: item.id, text: item.content}).then(() => {
      outbox.splice(outbox.indexOf(item), 1);
    }).catch((error) => {
      item.sending = false;
      if (error.code === 0) return;
      outbox.splice(outbox.indexOf(item), 1);
      logs.get(item.room).refuse(item.id, error.message);
    });
  }
}

function send() {
  const content = text.value.trim().slice(0, TEXT_MAX);
  if (!content) return;
  text.value = '';
  fitText();
  const item = {room, id: makeId(), content, sending: false};
  outbox.push(item);
  scrollToEnd();
  currentLog().message({id: item.id, name, own: true, content, key: 'own', waits: true});
  flush();
}

// ---- The connection, as it is seen --------------------------------------------------------------

let countdown = 0;

const STATE_TEXT = {
  connecting: 'connecting',
  connected: 'connected',
  waiting: 'reconnecting',
  ended: 'disconnected',
};

function showState(state, detail) {
  clearInterval(countdown);
  const offline = state !== 'connected' && navigator.onLine === false;
  element('state').dataset.state = document.body.dataset.state = offline ? 'offline' : state;
  if (detail.code) element('state').dataset.code = detail.code;
  element('state-text').textContent = offline ? 'offline' : STATE_TEXT[state];
  element('state-more').textContent = '';
  element('hurry').hidden = state !== 'ended' && state !== 'waiting';
  element('state').title = detail.code ? detail.code + ' ' + (detail.reason || '') : '';
  if (state !== 'waiting' || offline) return;
  const tick = () => {
    const seconds = Math.max(1, Math.ceil((detail.until - Date.now()) / 1000));
    element('state-more').textContent = 'in ' + seconds + ' s';
  };
  tick();
  countdown = setInterval(tick, 250);
}

let wasConnected = false;

channels.onstate = (state, detail) => {
  showState(state, detail);
  isSubscribed = false;
  if (state === 'connected') {
    wasConnected = true;
  } else if (wasConnected) {
    wasConnected = false;
    people.clear();
    showPeople();
    currentLog().event('The connection was lost');
  }
};

window.addEventListener('offline', () => {
  if (channels.state !== 'connected') showState(channels.state, {until: Date.now()});
});

element('hurry').addEventListener('click', () => {
  channels.hurry();
  channels.open();
});

// ---- Forms and keys -----------------------------------------------------------------------------

function fitText() {
  text.style.height = 'auto';
  text.style.height = Math.min(text.scrollHeight, 160) + 'px';
}

function showPanel(open) {
  element('panel').classList.toggle('open', open);
  element('panel-button').setAttribute('aria-expanded', String(open));
}

function askName() {
  element('veil').hidden = false;
  element('name').value = name;
  element('name').focus();
}

element('name-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const next = cleanName(element('name').value);
  if (!next) {
    element('name').value = '';
    return;
  }
  element('veil').hidden = true;
  name = next;
  remember('name', name);
  element('me').textContent = name;
  wasConnected = false; // our own doing: nothing was lost
  channels.close();
  channels.data = {name};
  channels.open();
  text.focus();
});

element('name-form').addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && name) element('veil').hidden = true;
  if (event.key === 'Tab') { // the dialog has two stops
    const other = event.target === element('name') ? element('name-form').querySelector('button')
      : element('name');
    event.preventDefault();
    other.focus();
  }
});

element('rename').addEventListener('click', askName);
element('panel-button').addEventListener('click', () => {
  showPanel(!element('panel').classList.contains('open'));
});

element('room-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const next = cleanRoom(element('room-input').value);
  element('room-input').value = '';
  if (next) goTo(next);
});

element('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
  text.focus();
});

// Enter sends, Shift+Enter breaks the line; while an input method composes, Enter is its own.
text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
text.addEventListener('input', fitText);

log.addEventListener('scroll', () => {
  if (isAtEnd()) element('to-end').hidden = true;
});
element('to-end').addEventListener('click', scrollToEnd);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') showPanel(false);
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  unread = 0;
  showTitle();
});
window.addEventListener('popstate', () => enter(roomOfAddress()));

enter(roomOfAddress());
if (name) {
  element('me').textContent = name;
  channels.data = {name};
  channels.open();
  text.focus();
} else {
  askName();
}
