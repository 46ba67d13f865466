// SPDX-License-Identifier: MIT
// Live comments that fly over a picture; at most so many at a time, however many come.
import {channelsOfPage, count, element, hueOf, make, speak, t} from './page.js';

const CHANNEL = 'live:harbour';
const LANE_COUNT = 8;
const FLYING_MAX = 40;
const FLIGHT_MS = 9000;
const SAID_MAX = 8;
const ASK_MS = 3000; // how often the viewers are counted
const ASK_OFTEN_MS = 500; // while a crowd is here
const NOT_AVAILABLE = 108;

speak({
  'Live comments': '弹幕',
  'Everybody who watches may say something, and it flies over the picture of all the others.':
    '每位观众都可以发言，文字会飞过所有人的画面。',
  'The picture': '画面',
  'A ship at sea, in the evening': '傍晚海上的一艘船',
  'watching': '人在观看',
  'Comment': '评论',
  'Say something': '说点什么',
  'Send': '发送',
  'comments a second': '每秒评论',
  'messages they came in': '每秒消息（合并后）',
  'flying now, of 40 at most': '正在飞过（至多 40）',
  'not shown': '未显示',
  'Said last': '最近的评论',
  '“{text}” was not said: {reason}.': '“{text}”没有发出：{reason}。',
  'Silence. Be the first.': '一片安静。来说第一句吧。',
  'A crowd': '一大群人',
  'Viewers that hawser bench plays come a thousand a second, hear ten comments a second, and leave after a minute.':
    '由 hawser bench 扮演的观众每秒到来一千名，每秒收到十条评论，一分钟后离开。',
  'Add ten thousand': '加入一万名',
  'a thousand': '一千名',
  'a hundred': '一百名',
  'Send them home': '送走他们',
  'The same by hand, on any server and with any number:': '手动也一样，适用于任何服务器和人数：',
  '{n} have been called.': '已邀请 {n} 名。',
  'They go.': '他们正在离开。',
  'No crowd: {reason}.': '没有人群：{reason}。',
  'The namespace says batch_interval: 200ms. What is said meanwhile leaves in one message, which the server makes once for all viewers, and joins and leaves are not announced: with many viewers that would be more than the comments.':
    '命名空间设有 batch_interval: 200ms。期间的发言合并为一条消息发出，服务器只为所有观众制作一次；加入与离开不作通告：观众很多时，那会比评论还多。',
});

const still = matchMedia('(prefers-reduced-motion: reduce)');

// ---- The picture: a sea in the evening, made of nothing but time --------------------------------

const canvas = element('video');
const paint = canvas.getContext('2d');

function wave(x, time, layer) {
  return Math.sin(x / (90 + 40 * layer) + time * (.5 + .22 * layer) + layer * 2) * (5 + 4 * layer) +
    Math.sin(x / 37 + time * .8 + layer) * (1 + layer);
}

function fill(style, path) {
  paint.fillStyle = style;
  paint.beginPath();
  path();
  paint.fill();
}

function drawSky(width, height) {
  const sky = paint.createLinearGradient(0, 0, 0, height * .62);
  [[0, '#16324a'], [.45, '#6b5a73'], [.8, '#d98e5f'], [1, '#f4c27a']].forEach(([at, colour]) =>
    sky.addColorStop(at, colour));
  paint.fillStyle = sky;
  paint.fillRect(0, 0, width, height);
  const glow = paint.createRadialGradient(width * .7, height * .55, 10, width * .7, height * .55, 300);
  glow.addColorStop(0, 'rgba(255, 240, 205, .95)');
  glow.addColorStop(.12, 'rgba(255, 226, 165, .55)');
  glow.addColorStop(1, 'rgba(255, 200, 120, 0)');
  paint.fillStyle = glow;
  paint.fillRect(0, 0, width, height);
}

function drawShip(time, width, height) {
  const x = (time * 14) % (width + 320) - 160;
  paint.save();
  paint.translate(x, height * .63 + wave(x, time, 0));
  paint.rotate(Math.sin(time * .9) * .025);
  fill('#2a2026', () => {
    paint.moveTo(-78, -10);
    paint.quadraticCurveTo(-62, 22, -40, 22);
    paint.lineTo(52, 22);
    paint.quadraticCurveTo(78, 12, 96, -16);
    paint.quadraticCurveTo(20, 2, -78, -10);
  });
  paint.fillRect(-22, -122, 4, 120);
  paint.fillRect(32, -104, 4, 102);
  fill('#f0dcc0', () => {
    paint.moveTo(-16, -116);
    paint.quadraticCurveTo(30, -70, 22, -14);
    paint.lineTo(-16, -14);
    paint.moveTo(38, -98);
    paint.quadraticCurveTo(74, -60, 68, -16);
    paint.lineTo(38, -16);
  });
  fill('#e3c9a6', () => {
    paint.moveTo(-26, -108);
    paint.quadraticCurveTo(-64, -66, -66, -16);
    paint.lineTo(-26, -16);
  });
  paint.restore();
}

const WATER = ['#3b5f74', '#28506a', '#1a405a', '#10314a'];

function drawPicture(time) {
  const {width, height} = canvas;
  drawSky(width, height);
  WATER.forEach((colour, layer) => {
    if (layer === 1) drawShip(time, width, height);
    const top = height * (.62 + layer * .09);
    fill(colour, () => {
      paint.moveTo(0, height);
      for (let x = 0; x <= width; x += 16) paint.lineTo(x, top + wave(x, time, layer));
      paint.lineTo(width, height);
    });
  });
}

function play(now) {
  drawPicture(20 + now / 1000);
  if (!still.matches) requestAnimationFrame(play);
}

// ---- Comments -----------------------------------------------------------------------------------

const sky = element('sky');
let nextLane = 0;
let commentCount = 0; // since they were told last
let frameCount = 0;
let skippedCount = 0;
let isFrameCounted = false;

function fly(text, name) {
  if (sky.childElementCount >= FLYING_MAX || document.hidden || still.matches) {
    skippedCount++;
    return;
  }
  const comment = make('span', 'comment', text);
  comment.dir = 'auto';
  comment.style.setProperty('--hue', hueOf(name));
  comment.style.top = (nextLane * 10.5 + 5) + '%';
  nextLane = (nextLane + 3) % LANE_COUNT; // neighbours in time are none in space
  sky.append(comment);
  const way = [{transform: 'translateX(' + sky.clientWidth + 'px)'}, {transform: 'translateX(-100%)'}];
  comment.animate(way, {duration: FLIGHT_MS + (text.length % 7) * 300}).onfinish = () => comment.remove();
}

function list(text) {
  const item = make('li', '', text);
  item.dir = 'auto';
  element('said').prepend(item);
  if (element('said').childElementCount > SAID_MAX) element('said').lastElementChild.remove();
  element('empty').hidden = true;
}

// Comments of one message come in one go: whatever comes after that is of another.
function countFrame() {
  commentCount++;
  if (isFrameCounted) return;
  isFrameCounted = true;
  frameCount++;
  setTimeout(() => {
    isFrameCounted = false;
  });
}

// A load generator says nothing that can be read; it is shown as a drop in the sea.
function take(data, info) {
  countFrame();
  const text = data && typeof data.text === 'string' ? data.text.slice(0, 60) : '·';
  fly(text, info ? info.client : '');
  if (text !== '·') list(text);
}

function say(text) {
  if (!text) return;
  element('unsaid').textContent = '';
  channels.publish(CHANNEL, {text}).catch((error) => {
    if (!element('text').value) element('text').value = text; // it is not lost
    element('unsaid').textContent = t('“{text}” was not said: {reason}.',
      {text, reason: error.code > 0 ? error.message : t('not connected')});
  });
}

setInterval(() => {
  element('rate').textContent = count(commentCount);
  element('frames').textContent = count(frameCount);
  element('flying').textContent = count(sky.childElementCount);
  element('skipped').textContent = count(skippedCount);
  commentCount = frameCount = 0;
}, 1000);

// ---- Viewers ------------------------------------------------------------------------------------

function countViewers() {
  channels.presenceStats(CHANNEL).then((stats) => {
    element('viewers').textContent = count(stats.num_clients);
  }).catch(() => {}); // the connection is gone: the next one asks again
}

// ---- A crowd, which the server calls ------------------------------------------------------------

let crowdCount = 0; // that was called and has not gone
let isLeaving = false;

function stateOfCrowd({count: called, refusal}) {
  if (refusal) return t('No crowd: {reason}.', {reason: refusal});
  if (called === 0) return '';
  return isLeaving ? t('They go.') : t('{n} have been called.', {n: count(called)});
}

function showCrowd(answer) {
  crowdCount = answer.count;
  isLeaving = isLeaving && crowdCount > 0;
  element('calls').hidden = answer.refusal !== '';
  element('home').hidden = crowdCount === 0;
  for (const button of document.querySelectorAll('[data-count]')) button.disabled = crowdCount > 0;
  element('crowd-state').textContent = stateOfCrowd(answer);
}

function callCrowd(method, data) {
  return channels.rpc('crowd.' + method, data).then(showCrowd).catch((error) => {
    if (error.code === NOT_AVAILABLE) element('calls').hidden = true;
    else if (error.code > 0) {
      element('crowd-state').textContent = t('No crowd: {reason}.', {reason: error.message});
    }
  });
}

for (const button of document.querySelectorAll('[data-count]')) {
  button.addEventListener('click', () => {
    const {count: called, seconds = 60} = button.dataset;
    callCrowd('start', {count: Number(called), seconds: Number(seconds)});
  });
}
element('home').addEventListener('click', () => {
  isLeaving = true;
  callCrowd('stop');
});

// While a crowd comes and goes its number changes fast.
function watch() {
  countViewers();
  const asked = crowdCount > 0 ? callCrowd('look') : Promise.resolve();
  asked.then(() => setTimeout(watch, crowdCount > 0 ? ASK_OFTEN_MS : ASK_MS));
}

element('say').addEventListener('submit', (event) => {
  event.preventDefault();
  say(element('text').value.trim());
  element('text').value = '';
});
for (const button of document.querySelectorAll('.reactions button')) {
  button.addEventListener('click', () => say(button.textContent));
}

const channels = channelsOfPage({});
channels.subscribe(CHANNEL, {
  onpublication: take,
  onsubscribed() {
    countViewers();
    callCrowd('look');
  },
});
channels.open();
watch();
element('crowd').textContent =
  'hawser bench --mode chat --channel ' + CHANNEL + ' -c 10000 -r 10 --duration 1m ' + channels.url;
requestAnimationFrame(play);
