// SPDX-License-Identifier: MIT
// What the pages share: words in two languages, small elements, and the connection as it is seen.
import {Channels} from './channels.js';
import {Gate, gateWords} from './gate.js';

export const element = (id) => document.getElementById(id);

export function make(tag, className, content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}

// An element of an SVG picture.
export function draw(tag, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const name of Object.keys(attributes)) made.setAttribute(name, attributes[name]);
  return made;
}

// A private window may forbid storage; then what is remembered lasts as long as the page.
export function recall(key, fallback) {
  try {
    return JSON.parse(localStorage.getItem('hawser.' + key)) || fallback;
  } catch (error) {
    return fallback;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem('hawser.' + key, JSON.stringify(value));
  } catch (error) {
    // nothing is lost but comfort
  }
}

export function makeId() {
  return Date.now().toString(36) + Math.random().toString(36).slice(2);
}

// ---- Words --------------------------------------------------------------------------------------

const preferred = navigator.language.startsWith('zh') ? 'zh' : 'en';
export const language = recall('language', preferred) === 'zh' ? 'zh' : 'en';

const chinese = {
  ...gateWords,
  'Hawser, start page': 'Hawser 首页',
  'not connected': '未连接',
  'connecting': '连接中',
  'connected': '已连接',
  'reconnecting': '重新连接',
  'disconnected': '已断开',
  'offline': '离线',
  'in {n} s': '{n} 秒后',
  'Try now': '立即重试',
  'demonstration': '演示',
  'What happens here': '这里发生了什么',
  'Somebody': '某人',
  'you': '你',
};

// The text in the reader's language; {name} stands for a value.
export function t(text, values) {
  const found = language === 'zh' ? chinese[text] || text : text;
  return found.replace(/\{(\w+)\}/g, (all, name) => (values && name in values ? values[name] : all));
}

export const teach = (words) => Object.assign(chinese, words);

// Teaches the words of a page, and says all that is marked with data-t in the reader's language: its
// text, or those of its attributes that data-t names.  What is not marked is the same in both.
export function speak(words) {
  teach(words);
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  document.title = document.title.split(' · ').map((part) => t(part)).join(' · ');
  for (const each of document.querySelectorAll('[data-t]')) {
    for (const name of each.dataset.t.split(' ').filter(Boolean)) {
      each.setAttribute(name, t(each.getAttribute(name)));
    }
    if (!each.dataset.t) each.textContent = t(each.textContent.trim().replace(/\s+/g, ' '));
  }
  const button = element('language');
  button.textContent = language === 'zh' ? 'English' : '中文';
  button.lang = language === 'zh' ? 'en' : 'zh-Hans';
  button.addEventListener('click', () => {
    remember('language', language === 'zh' ? 'en' : 'zh');
    location.reload();
  });
}

export function clock(date = new Date()) {
  const made = make('time', '', date.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'}));
  made.dateTime = date.toISOString();
  return made;
}

// ---- People -------------------------------------------------------------------------------------

const NAME_MAX = 32; // code points
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

export function clean(string, length = NAME_MAX) {
  return Array.from(String(string).replace(CONTROL, '').trim()).slice(0, length).join('');
}

export function nameOf(info) {
  const name = info && info.conn_info && info.conn_info.name;
  return (typeof name === 'string' && clean(name)) || clean((info && info.user) || '') || t('Somebody');
}

// One name, one colour, on every screen.
export function hueOf(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 360;
  return hash;
}

export function avatar(name) {
  const made = make('span', 'avatar', (Array.from(name)[0] || '?').toUpperCase());
  made.style.setProperty('--hue', hueOf(name));
  made.setAttribute('aria-hidden', 'true');
  return made;
}

// ---- The connection, as it is seen --------------------------------------------------------------

const STATE_TEXT = {
  connecting: 'connecting',
  connected: 'connected',
  waiting: 'reconnecting',
  ended: 'disconnected',
};

// Channels of this server, not open yet, whose state #state shows; `onstate` is told of it too.
export function channelsOfPage(data, onstate = () => {}) {
  const base = location.protocol.replace('http', 'ws') + '//' + location.host;
  const channels = new Channels(base + '/connection/websocket', data);
  const gate = new Gate(channels);
  return watch(channels, (state, detail) => {
    gate.tell(state, detail);
    onstate(state, detail);
  });
}

// The same for channels that are there.
export function watch(channels, onstate) {
  let countdown = 0;

  const show = (state, detail) => {
    clearInterval(countdown);
    const offline = state !== 'connected' && navigator.onLine === false;
    element('state').dataset.state = document.body.dataset.state = offline ? 'offline' : state;
    if (state !== 'connecting') document.body.classList.toggle('in-trouble', state !== 'connected');
    if (detail.code) element('state').dataset.code = detail.code;
    element('state-text').textContent = t(offline ? 'offline' : STATE_TEXT[state]);
    element('state-more').textContent = '';
    element('hurry').hidden = state !== 'ended' && state !== 'waiting';
    element('state').title = detail.code ? detail.code + ' ' + (detail.reason || '') : '';
    if (state !== 'waiting' || offline) return;
    const tick = () => {
      const seconds = Math.max(1, Math.ceil((detail.until - Date.now()) / 1000));
      element('state-more').textContent = t('in {n} s', {n: seconds});
    };
    tick();
    countdown = setInterval(tick, 250);
  };

  channels.onstate = (state, detail) => {
    show(state, detail);
    onstate(state, detail);
  };
  element('hurry').addEventListener('click', () => {
    channels.hurry();
    channels.open();
  });
  return channels;
}

// A command that speaks to the same channels, with a token where this page has one.
export function commandFor(channels, words, user) {
  const token = channels.token ? '--token "$(hawser token --token-key secret.key --user ' + user + ')" ' : '';
  return 'hawser ' + words + ' ' + token + channels.url;
}

// ---- Numbers ------------------------------------------------------------------------------------

const plain = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en');
export const count = (number) => plain.format(Math.round(number));
