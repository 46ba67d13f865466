// SPDX-License-Identifier: MIT
// Quotes: a table and a chart that are drawn once a frame, however fast the market is.
import {channelsOfPage, commandFor, count, draw, element, make, speak, t} from './page.js';

const SYMBOLS = ['ANKR', 'BARK', 'BUOY', 'CAPN', 'CLEW', 'DECK', 'FERY', 'GULL', 'HELM', 'HEMP',
  'JIBB', 'KEEL', 'KNOT', 'LUFF', 'MAST', 'OARS', 'REEF', 'ROPE', 'SAIL', 'TIDE'];
const COURSE_MS = 60000; // what the chart shows
const SPARK_COUNT = 40; // points of the small courses

speak({
  'Quotes': '行情',
  'Twenty prices that change faster than an eye can follow. Everybody gets the latest of each, at most ten times a second; what came between is left out, and counted.':
    '二十个价格，变化快得肉眼跟不上。每个人都收到各品种的最新价，每秒至多十次；中间的价格被略去，并计数。',
  'published a second': '每秒发布',
  'shown a second': '每秒显示',
  'left out': '略去',
  'published in all': '累计发布',
  'The market is closed': '休市',
  'Nobody publishes quotes yet. Start the feed beside the server:': '还没有人发布行情。请在服务器旁启动行情源：',
  'the last minute': '最近一分钟',
  'All instruments': '全部品种',
  'Name': '名称',
  'Price': '价格',
  'Change': '涨跌',
  'Course': '走势',
  'A program publishes every quote in the channel of its instrument. Its namespace says max_rate: 10, so the server keeps only the latest of what comes faster, for each channel, and sends one frame that all subscribers share.':
    '一个程序把每条行情发布到其品种的频道。该命名空间设有 max_rate: 10，因此更快到来的内容，服务器在每个频道只保留最新一条，并发送所有订阅者共享的一帧。',
  'Course of {symbol}: {price}, {change}': '{symbol} 走势：{price}，{change}',
});

const rows = new Map(); // symbol -> what is known and shown of it
const waiting = new Set(); // rows that changed since they were drawn
let chosen = null;
let shownCount = 0; // quotes that came since the feed was last heard
let feed = null; // {sent, at}

const money = (hundredths) => (hundredths / 100).toFixed(2);

function changeOf(quote) {
  const percent = (quote.price / quote.open - 1) * 100;
  return (percent < 0 ? '−' : '+') + Math.abs(percent).toFixed(2) + ' %';
}

const direction = (quote) => (quote.price < quote.open ? 'down' : 'up');

// ---- Drawing ------------------------------------------------------------------------------------

// The course of some points as the d of a path, in a box of that size.
function pathOf(points, width, height) {
  const prices = points.map((point) => point.price);
  const low = Math.min(...prices);
  const reach = Math.max(...prices) - low || 1;
  const start = points[0].at;
  const time = points[points.length - 1].at - start || 1;
  return points.map(({at, price}, index) => (index ? 'L' : 'M') +
    ((at - start) / time * width).toFixed(1) + ' ' +
    ((1 - (price - low) / reach) * (height - 6) + 3).toFixed(1)).join('');
}

function drawRow(row) {
  const {quote, points, cells} = row;
  cells.price.textContent = money(quote.price);
  cells.change.textContent = changeOf(quote);
  cells.change.dataset.direction = row.line.parentNode.dataset.direction = direction(quote);
  row.line.setAttribute('d', pathOf(points.slice(-SPARK_COUNT), 80, 24));
}

function drawChart() {
  const {symbol, quote, points} = chosen;
  const prices = points.map((point) => point.price);
  const line = pathOf(points, 600, 260);
  const svg = element('chart');
  svg.dataset.direction = element('chart-change').dataset.direction = direction(quote);
  svg.querySelector('.line').setAttribute('d', line);
  svg.querySelector('.area').setAttribute('d', line + 'L600 260L0 260Z');
  element('chart-symbol').textContent = symbol;
  element('chart-price').textContent = money(quote.price);
  element('chart-change').textContent = changeOf(quote);
  element('chart-low').textContent = '↓ ' + money(Math.min(...prices));
  element('chart-high').textContent = '↑ ' + money(Math.max(...prices));
  svg.setAttribute('aria-label', t('Course of {symbol}: {price}, {change}',
    {symbol, price: money(quote.price), change: changeOf(quote)}));
}

function drawAll() {
  for (const row of waiting) drawRow(row);
  if (chosen && waiting.has(chosen)) drawChart();
  waiting.clear();
}

function drawSoon(row) {
  if (waiting.size === 0) requestAnimationFrame(drawAll);
  waiting.add(row);
}

function choose(row) {
  if (chosen) chosen.button.removeAttribute('aria-current');
  row.button.setAttribute('aria-current', 'true');
  chosen = row;
  drawSoon(row);
}

// ---- The table ----------------------------------------------------------------------------------

function makeRow(symbol) {
  const line = draw('path', {class: 'line', 'vector-effect': 'non-scaling-stroke'});
  const svg = draw('svg', {viewBox: '0 0 80 24', preserveAspectRatio: 'none', 'aria-hidden': 'true'});
  svg.append(line);
  const button = make('button', '', symbol);
  button.type = 'button';
  const cells = {name: make('th'), price: make('td'), change: make('td', 'change'), course: make('td')};
  cells.name.scope = 'row';
  cells.name.append(button);
  cells.course.append(svg);
  const tr = make('tr');
  tr.append(cells.name, cells.price, cells.change, cells.course);
  const row = {symbol, tr, cells, button, line, points: [], quote: null};
  tr.addEventListener('click', () => choose(row));
  return row;
}

// In the order of their names, whichever comes first.
function rowOf(symbol) {
  if (!rows.has(symbol)) {
    const row = makeRow(symbol);
    const next = Array.from(rows.values()).filter((each) => each.symbol > symbol)
      .sort((a, b) => (a.symbol < b.symbol ? -1 : 1))[0];
    rows.set(symbol, row);
    element('rows').insertBefore(row.tr, next ? next.tr : null);
  }
  return rows.get(symbol);
}

// ---- What comes in ------------------------------------------------------------------------------

function takeQuote(quote) {
  const row = rowOf(quote.symbol);
  const at = performance.now();
  if (row.quote && quote.number < row.quote.number) row.points = []; // another feed
  row.quote = quote;
  row.points.push({at, price: quote.price});
  while (row.points[0].at < at - COURSE_MS) row.points.shift();
  shownCount++;
  element('empty').hidden = true;
  element('market').hidden = false;
  if (!chosen) choose(row);
  drawSoon(row);
}

function takeFeed({sent}) {
  const at = performance.now();
  if (feed && sent > feed.sent && at > feed.at) {
    const seconds = (at - feed.at) / 1000;
    const published = sent - feed.sent;
    element('published').textContent = count(published / seconds);
    element('shown').textContent = count(shownCount / seconds);
    element('conflated').textContent = Math.round(Math.max(0, 1 - shownCount / published) * 100) + ' %';
  }
  element('sent').textContent = count(sent);
  feed = {sent, at};
  shownCount = 0;
}

const channels = channelsOfPage({}, () => {
  feed = null;
  element('command').textContent = commandFor(channels, 'demo-feed --rate 10000', 'feed');
});
for (const symbol of SYMBOLS) channels.subscribe('quotes:' + symbol, {onpublication: takeQuote});
channels.subscribe('quotes:feed', {onpublication: takeFeed});
channels.open();
