// SPDX-License-Identifier: MIT
// The start page: where to connect, and an echo to try.
import {element, speak, t} from './page.js';

const MANY = 100;
const SHOWN_MAX = 5;
const SAMPLE_COUNT_MAX = 1000;

const base = location.protocol.replace('http', 'ws') + '//' + location.host;

const samples = []; // milliseconds
const waiting = []; // of the messages under way, in order: {text, start, done}
let echoUrl = '';
let socket = null;

speak({
  'The rope between two programs that carries both ways.': '连接两个程序、双向承载的缆绳。',
  'This is a Hawser server: it keeps WebSockets open to browsers and programs, and passes what one of them says on to the others at once. Talk to it here, or from your own code.':
    '这是一台 Hawser 服务器：它与浏览器和程序保持 WebSocket 连接，并把其中一个所说的立即转给其他人。在这里与它对话，或用你自己的代码。',
  'Open the chat': '打开聊天',
  'Connect a program': '连接程序',
  'What it is for': '它能做什么',
  'Chat': '聊天',
  'rooms, names, who is here and who types; pictures, and a history': '房间、名字、谁在线、谁在输入；图片与历史',
  'Quotes': '行情',
  'ten thousand a second, of which everybody sees the latest': '每秒一万条，每个人看到最新的',
  'Devices': '设备',
  'what twenty pumps measure, commands to one, and what its death looks like': '二十台水泵的测量值、对其中一台的指令、以及它离线时的样子',
  'Gomoku': '五子棋',
  'a game for two, judged by the server, for all to watch': '两人对弈，服务器裁判，众人观战',
  'Notifications': '通知',
  'to one person, from a back end, by one HTTP request': '后端用一次 HTTP 请求通知一个人',
  'Live comments': '弹幕',
  'that fly over a picture, in batches, however many watch': '飞过画面，分批发送，观众再多也行',
  'Customer service': '客服',
  "a visitor's bubble, and the desk where it is answered": '访客的气泡与应答它的客服台',
  'Shared text': '共享文本',
  "several people write on one sheet, and see each other's cursors": '几个人在同一张纸上书写，并看到彼此的光标',
  'Try the echo': '试试回声',
  'It sends back whatever you say. This is how long that takes.': '它把你说的原样送回。这是所需的时间。',
  'last round trip': '最近一次往返',
  'median of': '中位数，样本数',
  'Message to the echo': '发给回声的消息',
  'Send': '发送',
  'What came back': '送回的内容',
  'Addresses': '地址',
  'What a program can connect to.': '程序可以连接到这些地址。',
  'Echo': '回声',
  'Channels': '频道',
  'Channels speak the Centrifuge client protocol in JSON: subscribe, publish, see who is there. The chat is made of nothing else.':
    '频道使用 JSON 形式的 Centrifuge 客户端协议：订阅、发布、查看谁在线。聊天仅由它构成。',
  'From your own code': '用你自己的代码',
  "Paste this into the browser's console, on this page:": '把它粘贴到本页的浏览器控制台：',
  'From a shell, with websocat:': '在终端用 websocat：',
  'Hawser is a WebSocket library and command in C. What this server can do:': 'Hawser 是用 C 写的 WebSocket 库与命令。这台服务器能做什么：',
});

function milliseconds(value) {
  return (value < 10 ? value.toFixed(1) : value.toFixed(0)) + ' ms';
}

function showState(state) {
  element('echo-state').dataset.state = state;
  element('echo-state-text').textContent = t(state === 'ended' ? 'disconnected' : state);
}

function showSample(elapsed) {
  samples.push(elapsed);
  if (samples.length > SAMPLE_COUNT_MAX) samples.shift();
  const sorted = samples.slice().sort((a, b) => a - b);
  element('last').textContent = milliseconds(elapsed);
  element('median').textContent = milliseconds(sorted[Math.floor(sorted.length / 2)]);
  element('sample-count').textContent = samples.length;
}

function showEcho(text, elapsed) {
  const item = document.createElement('li');
  const left = document.createElement('span');
  const right = document.createElement('span');
  left.dir = 'auto';
  left.textContent = text;
  right.textContent = milliseconds(elapsed);
  item.append(left, right);
  element('echoes').prepend(item);
  while (element('echoes').childElementCount > SHOWN_MAX) {
    element('echoes').lastElementChild.remove();
  }
}

function onMessage(event) {
  const first = waiting.shift();
  if (!first) return;
  const elapsed = performance.now() - first.start;
  showSample(elapsed);
  first.done(elapsed);
}

// Answers when the connection is open; the one there is, or a new one.
function connect() {
  if (socket && socket.readyState === WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve, reject) => {
    showState('connecting');
    socket = new WebSocket(echoUrl);
    socket.onopen = () => {
      showState('connected');
      resolve();
    };
    socket.onmessage = onMessage;
    socket.onclose = (event) => {
      showState('ended');
      element('echo-state').dataset.code = event.code;
      waiting.splice(0).forEach((each) => each.fail());
      reject(new Error('closed with ' + event.code));
    };
  });
}

// Milliseconds until `text` came back.
function echo(text) {
  return new Promise((done, fail) => {
    waiting.push({start: performance.now(), done, fail});
    socket.send(text);
  });
}

async function sendOne() {
  const text = element('echo-text').value;
  if (!text) return;
  await connect();
  showEcho(text, await echo(text));
}

// One after the other: each waits for the one before.
async function sendMany() {
  const text = element('echo-text').value || 'ahoy';
  await connect();
  const start = performance.now();
  for (let i = 0; i < MANY; i++) await echo(text);
  showEcho(MANY + ' × ' + text, performance.now() - start);
}

function whenPressed(action) {
  return (event) => {
    event.preventDefault();
    element('many').disabled = true;
    action().catch(() => {}).then(() => {
      element('many').disabled = false;
    });
  };
}

function showAddresses(server) {
  echoUrl = base + server.echo;
  element('version').textContent = server.version;
  element('echo-url').textContent = echoUrl;
  element('channels-url').textContent = base + server.channels;
  element('chat-url').textContent = location.origin + '/chat';
  element('code-shell').textContent = "websocat '" + echoUrl + "'";
  element('code-js').textContent = [
    "const ws = new WebSocket('" + echoUrl + "');",
    "ws.onopen = () => ws.send('ahoy');",
    "ws.onmessage = (event) => console.log('back:', event.data);",
    "ws.onerror = () => console.log('no connection');",
    "ws.onclose = (event) => console.log('closed:', event.code);",
    "setTimeout(() => ws.close(1000), 5000);",
  ].join('\n');
}

element('echo-form').addEventListener('submit', whenPressed(sendOne));
element('many').addEventListener('click', whenPressed(sendMany));

fetch('/hawser/server.json').then((answer) => answer.json()).then((server) => {
  showAddresses(server);
  return connect();
}).catch(() => showState('ended'));
