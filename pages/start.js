// SPDX-License-Identifier: MIT
// The start page: where to connect, and an echo to try.

const MANY = 100;
const SHOWN_MAX = 5;
const SAMPLE_COUNT_MAX = 1000;

const element = (id) => document.getElementById(id);
const base = location.protocol.replace('http', 'ws') + '//' + location.host;

const samples = []; // milliseconds
const waiting = []; // of the messages under way, in order: {text, start, done}
let echoUrl = '';
let socket = null;

function milliseconds(value) {
  return (value < 10 ? value.toFixed(1) : value.toFixed(0)) + ' ms';
}

function showState(state) {
  element('echo-state').dataset.state = state;
  element('echo-state-text').textContent = state === 'ended' ? 'disconnected' : state;
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
