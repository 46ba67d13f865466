// SPDX-License-Identifier: MIT
// The admin page: what the server tells of itself in channels of its own, and what one may do there.
import {Channels} from './channels.js';
import {count, draw, element, language, make, nameOf, speak, t, watch} from './page.js';

const POINT_COUNT_MAX = 300; // as many as the server keeps
const HISTORY_SHOWN = 20;
const PRESENT_SHOWN = 50;
const WIDTH = 300;
const HEIGHT = 60;

speak({
  'Admin': '管理',
  'Who are you?': '你是谁？',
  'The admin token': '管理令牌',
  'Come in': '进入',
  'It stands in the file that --admin-token names. This page keeps it only while it is open.':
    '它在 --admin-token 指定的文件里。本页只在打开期间保留它。',
  'That is not the token.': '令牌不对。',
  'Too many wrong tokens came from your address: wait a little.': '你的地址发来了太多错误的令牌：请稍候。',
  'The server could not be asked: {reason}': '无法询问服务器：{reason}',
  'Node': '节点',
  'up {time}': '已运行 {time}',
  'clients of channels': '频道客户端',
  'users': '用户',
  'channels': '频道',
  'subscriptions': '订阅',
  'publications so far': '累计发布',
  'waiting in queues': '队列中等待',
  'memory': '内存',
  'processors': '处理器',
  'In one second': '每秒',
  'messages received': '收到的消息',
  'messages sent': '发出的消息',
  'publications': '发布',
  'deliveries': '投递',
  'at most {n}': '最多 {n}',
  'Top channels': '最热频道',
  'channel': '频道',
  'subscribers': '订阅者',
  'deliveries a second': '每秒投递',
  'Nobody subscribes to anything.': '没有任何订阅。',
  'Namespaces': '命名空间',
  'namespace': '命名空间',
  'default': '默认',
  'left out': '合并省略',
  'One channel': '查看频道',
  'Channel': '频道',
  'Look': '查看',
  'Here now': '在线',
  'History': '历史',
  'nobody': '没有人',
  'nothing': '没有内容',
  'and {n} more': '另有 {n} 个',
  'Publish there (JSON)': '向该频道发布（JSON）',
  'Publish': '发布',
  'published': '已发布',
  'published, at {n}': '已发布，位置 {n}',
  'That is no JSON.': '这不是 JSON。',
  'Disconnect a user': '断开用户',
  'User': '用户',
  'Disconnect': '断开',
  'Disconnect {user}, everywhere?': '在所有地方断开 {user}？',
  '{user} was disconnected': '已断开 {user}',
  'Errors and disconnects, by code': '错误与断开（按代码）',
  'error {code}': '错误 {code}',
  'disconnected with {code}': '以 {code} 断开',
  'other': '其他',
  'none so far': '目前没有',
});

const url = location.protocol.replace('http', 'ws') + '//' + location.host + '/admin/websocket';
const channels = new Channels(url, {}, [WebSocket]);
let begun = 0; // of the server, on its clock

// What a procedure found out; its errors are those of the API.
async function ask(method, data = {}) {
  const {result, error} = await channels.rpc(method, data);
  if (error) throw new Error(error.message + ' (' + error.code + ')');
  return result;
}

// ---- Numbers ------------------------------------------------------------------------------------

const sizes = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en', {maximumSignificantDigits: 3});

function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return sizes.format(bytes) + ' ' + units[unit];
}

function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = parts.findIndex(([length]) => seconds >= length);
  return parts.slice(first < 0 ? 3 : first).slice(0, 2).map(([length, unit], index) =>
    Math.floor((index ? seconds % parts[first + index - 1][0] : seconds) / length) + ' ' + unit).join(' ');
}

// ---- Plots --------------------------------------------------------------------------------------

const points = []; // figures, the oldest first
const RATES = {
  received: 'messages received', sent: 'messages sent', publications: 'publications', deliveries: 'deliveries',
};

// Of a total, between two moments; a server that began anew counts from 0.
function rate(before, after, name) {
  const seconds = (after.at_ms - before.at_ms) / 1000;
  return seconds > 0 && after[name] >= before[name] ? (after[name] - before[name]) / seconds : 0;
}

const plots = Object.entries(RATES).map(([name, text]) => {
  const figure = make('figure');
  const caption = make('figcaption');
  const now = make('output', '', '–');
  const most = make('small', 'most');
  const svg = draw('svg', {viewBox: '0 0 ' + WIDTH + ' ' + HEIGHT, preserveAspectRatio: 'none', 'aria-hidden': 'true'});
  const area = draw('path', {class: 'area'});
  const line = draw('path', {class: 'line', 'vector-effect': 'non-scaling-stroke'});
  now.id = 'rate-' + name;
  now.setAttribute('aria-live', 'off');
  svg.append(area, line);
  caption.append(make('span', '', t(text)), now);
  figure.append(caption, svg, most);
  element('rates').append(figure);
  return {name, now, most, area, line};
});

function plot({name, now, most, area, line}) {
  const values = points.slice(1).map((point, index) => rate(points[index], point, name));
  if (!values.length) return;
  const top = Math.max(1, ...values);
  const step = WIDTH / (POINT_COUNT_MAX - 2);
  const left = WIDTH - (values.length - 1) * step;
  const path = values.map((value, index) =>
    (left + index * step).toFixed(1) + ' ' + (HEIGHT - 2 - value / top * (HEIGHT - 6)).toFixed(1)).join('L');
  now.textContent = count(values.at(-1));
  most.textContent = t('at most {n}', {n: count(Math.max(...values))});
  line.setAttribute('d', 'M' + path);
  area.setAttribute('d', 'M' + left.toFixed(1) + ' ' + HEIGHT + 'L' + path + 'L' + WIDTH + ' ' + HEIGHT + 'Z');
}

function showFigures(now) {
  for (const each of document.querySelectorAll('[data-figure]')) {
    each.textContent = count(now[each.dataset.figure]);
  }
  element('queued').textContent = size(now.queued);
  element('memory').textContent = size(now.memory);
  const before = points.at(-2);
  if (before) element('cpu').textContent = Math.round(rate(before, now, 'cpu_s') * 100) + ' %';
  if (begun) element('uptime').textContent = t('up {time}', {time: duration(now.at_ms - begun)});
  plots.forEach(plot);
}

function takeFigures(now) {
  const last = points.at(-1);
  if (last && now.at_ms <= last.at_ms) return;
  points.push(now);
  if (points.length > POINT_COUNT_MAX) points.shift();
  showFigures(now);
}

async function showNode() {
  const [node, {nodes}] = await Promise.all([channels.rpc('node', {}), ask('info')]);
  begun = node.begun_ms;
  const words = [nodes[0].uid, node.version, node.backend, 'pid ' + node.pid].join(' · ') + ' · ';
  const uptime = make('span');
  uptime.id = 'uptime';
  element('node').replaceChildren(words, uptime);
}

// ---- Tables -------------------------------------------------------------------------------------

let details = null; // that came before

function row(cells) {
  const made = make('tr');
  const head = make('th');
  head.scope = 'row';
  head.append(cells[0]);
  made.append(head, ...cells.slice(1).map((cell) => make('td', '', count(cell))));
  return made;
}

function channelButton(name) {
  const button = make('button', '', name);
  button.type = 'button';
  button.dataset.channel = name;
  button.addEventListener('click', () => {
    element('channel').value = name;
    look();
    element('channel-title').scrollIntoView({block: 'nearest'});
  });
  return button;
}

// What has the focus keeps it, although its row is made anew.
function replaceRows(body, rows) {
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.channel : null;
  body.replaceChildren(...rows);
  if (focused === null) return;
  const again = Array.from(body.querySelectorAll('button')).find((each) => each.dataset.channel === focused);
  if (again) again.focus({preventScroll: true});
}

function showTop(now) {
  const before = new Map(details ? details.channels.map((each) => [each.name, each]) : []);
  replaceRows(element('top'), now.channels.map((each) => {
    const earlier = {at_ms: details ? details.at_ms : 0, ...before.get(each.name)};
    const deliveries = before.has(each.name) ? rate(earlier, {at_ms: now.at_ms, ...each}, 'deliveries') : 0;
    return row([channelButton(each.name), each.subscribers, deliveries]);
  }));
  element('no-channels').hidden = now.channels.length > 0;
}

function code(text, number) {
  const made = make('div');
  made.append(make('dt', '', text), make('dd', '', count(number)));
  return made;
}

function showCodes({errors, disconnects}) {
  const name = (which) => (which === 'other' ? t('other') : which);
  const rows = Object.entries(errors).map(([which, number]) => code(t('error {code}', {code: name(which)}), number))
    .concat(Object.entries(disconnects).map(([which, number]) =>
      code(t('disconnected with {code}', {code: name(which)}), number)));
  element('codes').replaceChildren(...(rows.length ? rows : [make('dt', '', t('none so far'))]));
}

function takeDetails(now) {
  showTop(now);
  replaceRows(element('namespaces'), now.namespaces.map((each) => row([each.name || t('default'),
    each.channels, each.subscriptions, each.publications, each.deliveries, each.conflations])));
  showCodes(now);
  details = now;
}

// ---- One channel --------------------------------------------------------------------------------

function member(info) {
  const {user} = info;
  const item = make('li');
  if (!user) {
    item.textContent = nameOf(info);
    return item;
  }
  const button = make('button', '', user);
  button.type = 'button';
  button.addEventListener('click', () => {
    element('user').value = user;
    element('user').focus();
  });
  item.append(button);
  return item;
}

function publication({offset, data}) {
  const item = make('li');
  item.append(make('span', '', offset || ''), make('code', '', JSON.stringify(data)));
  return item;
}

function fill(name, items, total, empty) {
  element(name).replaceChildren(...items);
  element(name + '-count').textContent = count(total);
  const more = total - items.length;
  element(name + '-problem').textContent = total === 0 ? t(empty) : more > 0 ? t('and {n} more', {n: count(more)}) : '';
}

function fail(name, error) {
  element(name).replaceChildren();
  element(name + '-count').textContent = '–';
  element(name + '-problem').textContent = error.message;
}

async function look() {
  const channel = element('channel').value;
  const isStill = () => element('channel').value === channel;
  element('seen').hidden = false;
  await Promise.all([
    ask('presence', {channel}).then(({presence}) => {
      const all = Object.values(presence);
      if (isStill()) fill('present', all.slice(0, PRESENT_SHOWN).map(member), all.length, 'nobody');
    }).catch((error) => isStill() && fail('present', error)),
    ask('history', {channel, limit: HISTORY_SHOWN, reverse: true}).then(({publications}) => {
      if (isStill()) fill('history', publications.map(publication), publications.length, 'nothing');
    }).catch((error) => isStill() && fail('history', error)),
  ]);
}

element('look').addEventListener('submit', (event) => {
  event.preventDefault();
  look();
});

element('publish').addEventListener('submit', async (event) => {
  event.preventDefault();
  const said = element('published');
  let data;
  if (!element('look').reportValidity()) return;
  try {
    data = JSON.parse(element('data').value);
  } catch (error) {
    said.textContent = t('That is no JSON.');
    return;
  }
  try {
    const {offset} = await ask('publish', {channel: element('channel').value, data});
    said.textContent = offset ? t('published, at {n}', {n: offset}) : t('published');
    look();
  } catch (error) {
    said.textContent = error.message;
  }
});

element('disconnect').addEventListener('submit', async (event) => {
  event.preventDefault();
  const user = element('user').value;
  const said = element('disconnected');
  if (!confirm(t('Disconnect {user}, everywhere?', {user}))) return;
  try {
    await ask('disconnect', {user});
    said.textContent = t('{user} was disconnected', {user});
    element('user').value = '';
  } catch (error) {
    said.textContent = error.message;
  }
});

// ---- Coming in ----------------------------------------------------------------------------------

const INVALID_TOKEN = 3500;
const TOO_MANY_REQUESTS = 111;

function explain({code, reason}) {
  if (code === INVALID_TOKEN) return t('That is not the token.');
  if (code === TOO_MANY_REQUESTS) return t('Too many wrong tokens came from your address: wait a little.');
  return t('The server could not be asked: {reason}', {reason: reason || code});
}

// The token is asked for anew when the server does not know it (any more).
function onstate(state, detail) {
  if (state === 'connected') {
    element('login').hidden = true;
    element('board').hidden = false;
    element('token').value = element('login-error').textContent = '';
    showNode().catch(() => {}); // the connection is gone: the next one asks again
  } else if (state === 'ended') {
    channels.token = undefined;
    element('login').hidden = false;
    element('board').hidden = true;
    element('hurry').hidden = true;
    element('login-error').textContent = explain(detail);
    element('token').focus();
    element('token').select();
  }
}

watch(channels, onstate);
channels.subscribe('figures', {history: POINT_COUNT_MAX, onpublication: takeFigures});
channels.subscribe('now:details', {onpublication: takeDetails});
element('login').addEventListener('submit', (event) => {
  event.preventDefault();
  channels.token = element('token').value;
  channels.open();
});
element('token').focus();
