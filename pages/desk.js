// SPDX-License-Identifier: MIT
// The desk: conversations with visitors, several at a time.
import {avatar, channelsOfPage, clean, element, make, makeId, recall, remember, speak, t}
  from './page.js';
import {Outbox} from './outbox.js';
import {TalkLog, Typing, noteSent, takeEnter} from './talk.js';

const HISTORY = 100;
const VISITOR_COUNT_MAX = 100; // as a client may have 128 channels
const ID = /^[a-z0-9]{1,40}$/;

speak({
  'Desk': '客服台',
  'Visitors': '访客',
  'Conversations': '对话',
  'Nobody has asked yet. Be a visitor yourself:': '还没有人咨询。自己当一回访客：',
  'the shop': '商店',
  'No conversation is open': '没有打开的对话',
  'Answer': '回复',
  'here': '在线',
  'gone': '已离开',
  'Desk agent': '客服',
  '{n} unread': '{n} 条未读',
});

const text = element('text');
const conversations = new Map(); // visitor's id -> what is known and shown of it
const read = recall('desk.read', {}); // visitor's id -> when its conversation was looked at last
let chosen = null;
let typing = null;

// ---- The list -----------------------------------------------------------------------------------

function makeConversation(id, name) {
  const it = {id, name, log: new TalkLog(element('log')), unread: 0, isHere: false, at: 0};
  const button = make('button', 'visitor');
  button.type = 'button';
  it.label = make('span', 'visitor-name', name);
  it.line = make('span', 'visitor-line');
  it.badge = make('span', 'badge');
  it.dot = make('span', 'dot');
  it.label.dir = it.line.dir = 'auto';
  const words = make('span', 'visitor-words');
  words.append(it.label, it.line);
  button.append(avatar(name), words, it.badge, it.dot);
  button.addEventListener('click', () => choose(it));
  it.item = make('li');
  it.button = button;
  it.item.append(button);
  return it;
}

function show(it) {
  it.badge.hidden = it.unread === 0;
  it.badge.textContent = it.unread;
  it.badge.setAttribute('aria-label', t('{n} unread', {n: it.unread}));
  it.item.className = it.isHere ? 'is-here' : '';
  let sum = 0;
  for (const each of conversations.values()) sum += each.unread;
  document.title = (sum ? '(' + sum + ') ' : '') + t('Desk') + ' · Hawser';
  element('panel-count').hidden = sum === 0;
  element('panel-count').textContent = sum;
  if (it !== chosen) return;
  element('here').hidden = false;
  element('here').dataset.state = it.isHere ? 'connected' : 'idle';
  element('here-text').textContent = t(it.isHere ? 'here' : 'gone');
}

function noteRead(it) {
  it.unread = 0;
  read[it.id] = it.at;
  remember('desk.read', read);
}

function choose(it) {
  if (chosen) chosen.button.removeAttribute('aria-current');
  if (typing) typing.close();
  chosen = it;
  it.button.setAttribute('aria-current', 'true');
  element('who').textContent = it.name;
  element('log').textContent = '';
  element('log').append(it.log.list);
  it.log.scrollToEnd();
  text.disabled = false;
  typing = new Typing(channels, 'typing-' + it.id, (line) => {
    element('typing').textContent = line;
  });
  noteRead(it);
  show(it);
  showPanel(false);
  text.focus();
}

function showPanel(open) {
  element('panel').classList.toggle('open', open);
  element('panel-button').setAttribute('aria-expanded', String(open));
}

// ---- What comes in ------------------------------------------------------------------------------

function takeMessage(it, data) {
  if (!data || typeof data.text !== 'string') return;
  const own = data.from === 'agent';
  it.log.message({id: String(data.id), name: own ? t('Desk agent') : it.name, own,
    content: data.text, at: data.at});
  it.at = Math.max(it.at, Number(data.at) || 0);
  it.line.textContent = data.text;
  if (!own && data.at > (read[it.id] || 0) && it !== chosen) it.unread++;
  if (it === chosen) {
    noteRead(it);
    if (!own) typing.endAll();
  }
  show(it);
}

function lookFor(it) {
  channels.presence('desk:' + it.id).then((present) => {
    it.isHere = Object.values(present).some((info) =>
      info.conn_info && info.conn_info.name === it.name);
    show(it);
  }).catch(() => {}); // the connection is gone: the next one asks again
}

function listen(it) {
  channels.subscribe('desk:' + it.id, {
    history: HISTORY,
    onpublication: (data) => takeMessage(it, data),
    onsubscribed: () => lookFor(it),
    onjoin: () => lookFor(it),
    onleave: () => lookFor(it),
  });
}

// Who knocks comes to the top; the first time a conversation begins.
function takeKnock(data) {
  if (!data || !ID.test(data.visitor)) return;
  let it = conversations.get(data.visitor);
  if (!it) {
    if (conversations.size >= VISITOR_COUNT_MAX) return;
    it = makeConversation(data.visitor, clean(data.name) || t('Somebody'));
    conversations.set(it.id, it);
    listen(it);
  }
  element('visitors').prepend(it.item);
  element('no-visitors').hidden = true;
}

// ---- What goes out ------------------------------------------------------------------------------

function send() {
  const content = text.value.trim();
  if (!content || !chosen) return;
  const it = chosen;
  const message = {id: makeId(), from: 'agent', name: t('Desk agent'), text: content, at: Date.now()};
  text.value = '';
  typing.sent();
  noteSent(message.id);
  it.log.message({id: message.id, name: message.name, own: true, content, waits: true});
  it.log.scrollToEnd();
  outbox.add({
    channel: 'desk:' + it.id,
    data: message,
    onrefused: (reason) => it.log.refuse(message.id, reason),
  });
}

const channels = channelsOfPage({name: 'desk'}, () => outbox.flush());
const outbox = new Outbox(channels);
channels.subscribe('desk:lobby', {history: HISTORY, onpublication: takeKnock});
channels.open();

element('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
takeEnter(text, send);
text.addEventListener('input', () => typing && typing.tell(t('Desk agent')));
element('panel-button').addEventListener('click', () => {
  showPanel(!element('panel').classList.contains('open'));
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') showPanel(false);
});
