// SPDX-License-Identifier: MIT
// A visitor's bubble: one conversation with whoever sits at the desk.
import {channelsOfPage, element, makeId, recall, remember, speak, t} from './page.js';
import {Outbox} from './outbox.js';
import {TalkLog, Typing, noteSent, takeEnter} from './talk.js';

const HISTORY = 100;

speak({
  'A shop': '商店',
  'A page like any other, with a bubble in its corner. Whoever sits at the desk answers there.': '一个普通网页，角落有一个气泡。客服在那里应答。',
  'Open the desk': '打开客服台',
  'Goods': '商品',
  'Hemp, 24 mm': '麻绳，24 毫米',
  'Grips when it is wet. Smells of harbour.': '湿了更牢，带着港口的气味。',
  'Manila, 32 mm': '马尼拉绳，32 毫米',
  'Holds a ship in a gale, and looks well doing so.': '大风中系得住船，样子也好看。',
  'Polyester, 16 mm': '涤纶绳，16 毫米',
  'Does not stretch, does not rot, does not complain.': '不伸长，不腐烂，不抱怨。',
  'Each visitor has a channel of his own, which keeps the conversation for a day, and knocks in desk:lobby, where those at the desk listen. Both sides see whether the other is there, and typing.':
    '每位访客有自己的频道，对话保留一天，并在 desk:lobby 敲门，客服在那里听。双方都看得到对方是否在线、是否正在输入。',
  'Ask us': '联系我们',
  'How can we help?': '需要帮忙吗？',
  'Close': '关闭',
  'somebody is here': '客服在线',
  'nobody is here; write all the same': '客服不在，也请留言',
  'Visitor': '访客',
});

const id = recall('visitor', '') || makeId();
remember('visitor', id);
const name = t('Visitor') + ' ' + id.slice(-4);
const channel = 'desk:' + id;
const text = element('text');
const log = new TalkLog(element('log'));
element('log').append(log.list);
let unread = 0;
let isCaughtUp = false;

const isOpen = () => !element('help').hidden;

function showUnread() {
  element('unread').hidden = unread === 0;
  element('unread').textContent = unread;
}

function open(yes) {
  element('help').hidden = !yes;
  element('open').setAttribute('aria-expanded', String(yes));
  if (!yes) {
    element('open').focus();
    return;
  }
  unread = 0;
  showUnread();
  log.scrollToEnd();
  text.focus();
}

function take(data) {
  if (!data || typeof data.text !== 'string') return;
  log.message({id: String(data.id), name: String(data.name), own: data.from === 'visitor',
    content: data.text, at: data.at});
  if (data.from !== 'visitor' && isCaughtUp && !isOpen()) unread++;
  showUnread();
  if (isOpen() && isCaughtUp) typing.endAll();
}

function send() {
  const content = text.value.trim();
  if (!content) return;
  text.value = '';
  typing.sent();
  const message = {id: makeId(), from: 'visitor', name, text: content, at: Date.now()};
  noteSent(message.id);
  log.message({id: message.id, name, own: true, content, waits: true});
  log.scrollToEnd();
  const onrefused = (reason) => log.refuse(message.id, reason);
  outbox.add({channel, data: message, onrefused});
  outbox.add({channel: 'desk:lobby', data: {visitor: id, name, text: content, at: message.at}});
}

function lookForAgents() {
  channels.presence(channel).then((present) => {
    const isThere = Object.keys(present).some((client) =>
      present[client].conn_info && present[client].conn_info.name === 'desk');
    element('agent').dataset.state = isThere ? 'connected' : 'idle';
    element('agent-text').textContent =
      t(isThere ? 'somebody is here' : 'nobody is here; write all the same');
  }).catch(() => {}); // the connection is gone: the next one asks again
}

const channels = channelsOfPage({name}, (state) => {
  if (state !== 'connected') isCaughtUp = false;
});
const outbox = new Outbox(channels, () => isCaughtUp);
channels.subscribe(channel, {
  history: HISTORY,
  onpublication: take,
  onjoin: lookForAgents,
  onleave: lookForAgents,
  onsubscribed() {
    isCaughtUp = true;
    lookForAgents();
    outbox.flush();
  },
});
const typing = new Typing(channels, 'typing-' + id, (line) => {
  element('typing').textContent = line;
});
channels.open();

element('open').addEventListener('click', () => open(!isOpen()));
element('close').addEventListener('click', () => open(false));
element('help').addEventListener('keydown', (event) => {
  if (event.key === 'Escape') open(false);
});
element('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
takeEnter(text, send);
text.addEventListener('input', () => typing.tell(name));
