// SPDX-License-Identifier: MIT
// Notifications to one user, from a back end.
import {Outbox} from './outbox.js';
import {channelsOfPage, clock, element, make, makeId, recall, remember, speak, t} from './page.js';

const SHOWN_MAX = 20;

speak({
  'Notifications': '通知',
  'A program tells one person something, wherever that person has a page open. It needs no WebSocket for it: one HTTP request is enough.':
    '程序把消息告诉一个人，无论他在哪里打开页面。不需要 WebSocket：一次 HTTP 请求就够了。',
  'From a back end': '来自后端',
  'User': '用户',
  'This is me': '这是我',
  'This server has no API yet. Give it a key, and start it with it:': '此服务器尚未开启 API。请为它生成密钥并以此启动：',
  'Paste this into a shell:': '把它粘贴到终端：',
  'Copy': '复制',
  'Copied': '已复制',
  'The same, shorter:': '同样的事，更短：',
  'Or without a shell, from this page:': '或者不用终端，就在本页：',
  'Text of a notification': '通知内容',
  'Notify': '通知',
  'For': '收件人',
  'Mark as read': '标为已读',
  'Nothing yet. What is sent while this page is closed waits here, for a day.': '还没有通知。页面关闭时发来的通知会在这里保留一天。',
  'A person has a channel of his own, which keeps the latest twenty for a day; all his pages subscribe to it. With keys, a token says who he is, and the channel is called notices#ada: nobody else may read it.':
    '每个人有自己的频道，保留一天内最近二十条；他的所有页面都订阅它。使用密钥时，令牌说明他是谁，频道名为 notices#ada：别人不能读取。',
  'Your ship has come in': '你的船到港了',
});

let user = '';
let unread = 0;
let isCaughtUp = false; // what comes now is new, also after an outage
let isSubscribed = false;

const channelOf = (name) => 'notices:' + name;
const clean = (name) => name.trim().toLowerCase().replace(/[^\p{L}\p{N}._-]/gu, '').slice(0, 32);

function showUnread() {
  element('unread').hidden = unread === 0;
  element('unread').textContent = unread;
  document.title = (unread ? '(' + unread + ') ' : '') + t('Notifications') + ' · Hawser';
}

function showCommands() {
  const notice = JSON.stringify({text: t('Your ship has come in')});
  element('curl').textContent = [
    'curl ' + location.origin + '/api/publish',
    '-H "X-API-Key: $(cat api.key)"',
    "-H 'Content-Type: application/json'",
    "-d '" + JSON.stringify({channel: channelOf(user), data: JSON.parse(notice)}) + "'",
  ].join(' \\\n  ');
  element('publish').textContent = 'hawser publish --api-key api.key --url ' + location.origin +
    ' ' + channelOf(user) + " '" + notice + "'";
}

function take(data) {
  if (!data || typeof data.text !== 'string') return;
  const item = make('li', isCaughtUp ? 'new' : '');
  const text = make('p', '', data.text.slice(0, 500));
  text.dir = 'auto';
  item.append(text, clock(data.at ? new Date(data.at) : new Date()));
  element('inbox').prepend(item);
  if (element('inbox').childElementCount > SHOWN_MAX) element('inbox').lastElementChild.remove();
  element('empty').hidden = true;
  if (isCaughtUp) unread++;
  showUnread();
}

function become(name) {
  if (user) channels.unsubscribe(channelOf(user));
  user = name;
  remember('user', user);
  unread = 0;
  isCaughtUp = isSubscribed = false;
  element('user').value = element('inbox-user').textContent = user;
  element('inbox').textContent = '';
  element('empty').hidden = false;
  showUnread();
  showCommands();
  channels.subscribe(channelOf(user), {
    history: SHOWN_MAX,
    onpublication: take,
    onsubscribed() {
      isCaughtUp = isSubscribed = true;
      outbox.flush();
    },
  });
}

element('who').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = clean(element('user').value);
  if (name) become(name);
});

element('try').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = element('text').value.trim();
  if (text) outbox.add({channel: channelOf(user), data: {text, at: Date.now()}});
  element('text').value = '';
});

element('read').addEventListener('click', () => {
  unread = 0;
  showUnread();
  for (const item of element('inbox').children) item.classList.remove('new');
});

element('copy').addEventListener('click', () => {
  navigator.clipboard.writeText(element('curl').textContent).then(() => {
    element('copy').textContent = t('Copied');
    setTimeout(() => {
      element('copy').textContent = t('Copy');
    }, 2000);
  }).catch(() => getSelection().selectAllChildren(element('curl')));
});

fetch('/hawser/server.json').then((answer) => answer.json()).then((server) => {
  element('no-api').hidden = element('key-code').hidden = server.api;
}).catch(() => {}); // the state of the connection tells it

const channels = channelsOfPage({}, (state) => {
  if (state !== 'connected') isSubscribed = false;
});
const outbox = new Outbox(channels, ({channel}) => isSubscribed && channel === channelOf(user));
become(clean(recall('user', '')) || 'user-' + makeId().slice(-4));
element('text').value = t('Your ship has come in');
channels.open();
