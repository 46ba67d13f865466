// SPDX-License-Identifier: MIT
// The chat: rooms, names, who is here, and messages that outlast a lost connection and a reload.
import {avatar, channelsOfPage, clean, element, make, makeId, nameOf, recall, remember, speak, t}
  from './page.js';
import {Outbox} from './outbox.js';
import {isPicture, readPicture} from './picture.js';
import {TEXT_MAX, TalkLog, Typing, isOurs, noteSent, takeEnter} from './talk.js';

const ROOM_MAX = 60; // code points: at most 240 of the 255 bytes a channel may have
const FIRST_ROOM = 'harbour';
const HISTORY = 100; // messages that are there when one comes in

const log = element('log');
const text = element('text');

speak({
  'Chat': '聊天',
  'here; rooms and people': '在线；房间与成员',
  'Rooms and people': '房间与成员',
  'Rooms': '房间',
  'Room to enter or to make': '要进入或新建的房间',
  'Another room': '另一个房间',
  'Enter': '进入',
  'Here now': '在线',
  'You are': '你是',
  'Change': '更改',
  'New messages ↓': '新消息 ↓',
  'Send a picture': '发送图片',
  'Drop a picture here': '把图片拖到这里',
  'What shall we call you?': '怎么称呼你？',
  'The others in the room see this name beside your messages.': '房间里的其他人会在你的消息旁看到这个名字。',
  'Your name': '你的名字',
  'Come aboard': '上船',
  'You are in {room}': '你在 {room}',
  '{name} came in': '{name} 进来了',
  '{name} left': '{name} 离开了',
  'This room cannot be entered: {reason}': '无法进入该房间：{reason}',
  'The connection was lost': '连接已断开',
});

function cleanRoom(string) {
  return clean(String(string), ROOM_MAX).replace(/\s+/g, '-');
}

function roomOfAddress() {
  return cleanRoom(new URLSearchParams(location.search).get('room') || '') || FIRST_ROOM;
}

const channelOf = (room) => 'chat:' + room;

// ---- Who we are, where we are -------------------------------------------------------------------

const logs = new Map(); // room -> TalkLog
const people = new Map(); // client -> name
let name = clean(recall('name', ''));
let rooms = recall('rooms', [FIRST_ROOM]).map(cleanRoom).filter(Boolean);
let room = '';
let isSubscribed = false;
let unread = 0;
let typing = null;

function currentLog() {
  if (!logs.has(room)) {
    logs.set(room, new TalkLog(log, () => {
      element('to-end').hidden = false;
    }));
  }
  return logs.get(room);
}

function scrollToEnd() {
  currentLog().scrollToEnd();
  element('to-end').hidden = true;
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
    if (client === channels.client) item.append(make('span', 'you', t('you')));
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
  if (room) channels.unsubscribe(channelOf(room));
  if (typing) typing.close();
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
  channels.subscribe(channelOf(room), handlersOf(room));
  typing = new Typing(channels, 'typing-' + room, (line) => {
    element('typing').textContent = line;
  });
}

// ---- What comes in ------------------------------------------------------------------------------

function handlersOf(itsRoom) {
  const isHere = () => itsRoom === room;
  return {
    history: HISTORY,
    onsubscribed() {
      if (!isHere()) return;
      isSubscribed = true;
      currentLog().event(t('You are in {room}', {room}));
      outbox.flush();
      channels.presence(channelOf(room)).then((present) => {
        if (!isHere()) return;
        people.clear();
        for (const client of Object.keys(present)) people.set(client, nameOf(present[client]));
        showPeople();
      }).catch(() => {}); // the connection is gone: the next one asks again
    },
    onpublication(data, info) {
      if (!isHere() || !data) return;
      const content = typeof data.text === 'string' ? data.text.slice(0, TEXT_MAX) : '';
      const picture = isPicture(data.picture) ? data.picture : null;
      if (!content && !picture) return;
      const id = String(data.id || makeId());
      currentLog().message({id, name: nameOf(info), own: isOurs(id), content, picture, at: data.at});
      if (info) typing.end(info.client);
      if (document.hidden && isSubscribed) unread++;
      showTitle();
    },
    onjoin(info) {
      if (!isHere() || info.client === channels.client) return;
      people.set(info.client, nameOf(info));
      showPeople();
      currentLog().event(t('{name} came in', {name: nameOf(info)}));
    },
    onleave(info) {
      if (!isHere() || info.client === channels.client) return;
      people.delete(info.client);
      showPeople();
      currentLog().event(t('{name} left', {name: nameOf(info)}));
    },
    onerror(error) {
      if (!isHere()) return;
      currentLog().event(t('This room cannot be entered: {reason}', {reason: error.message}));
    },
  };
}

// ---- What goes out ------------------------------------------------------------------------------

function post(what, picture) {
  const message = {id: makeId(), at: Date.now(), ...what};
  const itsLog = currentLog();
  noteSent(message.id);
  itsLog.message({...message, picture, name, own: true, content: what.text, waits: true});
  scrollToEnd();
  typing.sent();
  outbox.add({
    channel: channelOf(room),
    data: message,
    bytes: picture && picture.bytes,
    onrefused: (reason) => itsLog.refuse(message.id, reason),
  });
}

function send() {
  const content = text.value.trim().slice(0, TEXT_MAX);
  if (!content) return;
  text.value = '';
  fitText();
  post({text: content});
}

async function sendPictures(files) {
  for (const file of Array.from(files)) {
    try {
      const picture = await readPicture(file);
      post({picture: {width: picture.width, height: picture.height}}, picture);
    } catch (error) {
      currentLog().event(error.message);
    }
  }
}

// ---- The connection, as it is seen --------------------------------------------------------------

let wasConnected = false;

const channels = channelsOfPage({}, (state) => {
  isSubscribed = false;
  if (state === 'connected') {
    wasConnected = true;
  } else if (wasConnected) {
    wasConnected = false;
    people.clear();
    showPeople();
    currentLog().event(t('The connection was lost'));
  }
});

const outbox = new Outbox(channels, ({channel}) => isSubscribed && channel === channelOf(room));

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
  const next = clean(element('name').value);
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

takeEnter(text, send);
text.addEventListener('input', () => {
  fitText();
  typing.tell(name);
});

// Pictures are chosen, pasted, or dropped anywhere.
element('picture').addEventListener('change', () => {
  sendPictures(element('picture').files);
  element('picture').value = '';
});
text.addEventListener('paste', (event) => {
  const {files} = event.clipboardData;
  if (files.length === 0) return;
  event.preventDefault();
  sendPictures(files);
});
const hasFile = (event) => event.dataTransfer && event.dataTransfer.types.includes('Files');
document.addEventListener('dragover', (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  document.body.dataset.drop = t('Drop a picture here');
});
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) delete document.body.dataset.drop;
});
document.addEventListener('drop', (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  delete document.body.dataset.drop;
  sendPictures(event.dataTransfer.files);
});

log.addEventListener('scroll', () => {
  if (currentLog().isAtEnd()) element('to-end').hidden = true;
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
