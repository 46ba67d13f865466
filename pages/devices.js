// SPDX-License-Identifier: MIT
// Devices: gauges of what they measure, commands with an acknowledgement, and who is alive.
import {channelsOfPage, commandFor, draw, element, make, makeId, speak, t} from './page.js';

const POINT_COUNT_MAX = 120;
const SPEED_MAX = 3000;
const ANSWER_MS = 5000; // how long an acknowledgement is waited for
const SHOWN_MAX = 6; // commands in the list

speak({
  'Devices': '设备',
  'Twenty pumps, each with a connection of its own. Choose one, tell it what to do, or cut its connection and see how the others learn of it.':
    '二十台水泵，各有自己的连接。选择一台，向它下达指令，或者切断它的连接，看其他人如何得知。',
  'No pumps yet': '还没有水泵',
  'Start them beside the server; each opens a WebSocket and says what it measures:': '请在服务器旁启动它们；每台打开一个 WebSocket 并报告测量值：',
  'Speed': '转速',
  'Temperature': '温度',
  'Pressure': '压力',
  'Speed wanted': '目标转速',
  'Set speed': '设定转速',
  'Start': '启动',
  'Stop': '停止',
  'Cut its connection': '切断其连接',
  'Commands and answers': '指令与应答',
  'Every pump is a member of devices:here, so joins, leaves and presence say who is alive. It publishes what it measures in devices:state, and listens in a channel of its own, where commands come with an id and are acknowledged with it.':
    '每台水泵都是 devices:here 的成员，因此加入、离开与在线名单说明谁还在线。它在 devices:state 发布测量值，并监听自己的频道：指令带编号到来，并以同一编号确认。',
  'running': '运行中',
  'stopped': '已停止',
  'gone': '已离线',
  'last seen {n} s ago': '{n} 秒前最后出现',
  'turns a minute': '转/分',
  'done': '已完成',
  'refused': '被拒绝',
  'waiting': '等待中',
  'no answer': '无应答',
  'not sent': '未发送',
  '{name}, {state}, {speed} turns a minute': '{name}，{state}，{speed} 转/分',
});

const COMMAND_TEXT = {start: 'Start', stop: 'Stop', speed: 'Set speed', die: 'Cut its connection'};

const pumps = new Map(); // name -> what is known and shown of it
let present = new Set(); // the clients that are members of devices:here
const commands = new Map(); // id -> its line in the list, until it is answered
let chosen = null;

// ---- Gauges -------------------------------------------------------------------------------------

const ARC = 'M12 54A30 30 0 1 1 58 54'; // three quarters of a circle and a little

function makeGauge() {
  const svg = draw('svg', {viewBox: '0 0 70 62', class: 'gauge', 'aria-hidden': 'true'});
  const value = draw('path', {d: ARC, pathLength: 100, class: 'value'});
  svg.append(draw('path', {d: ARC, class: 'track'}), value);
  return {svg, value};
}

function makePump(name) {
  const {svg, value} = makeGauge();
  const button = make('button', 'pump');
  const speed = make('strong', '', '–');
  const state = make('span', 'pump-note');
  const label = make('span', 'pump-name', name);
  button.type = 'button';
  button.append(label, svg, speed, state);
  button.addEventListener('click', () => choose(name));
  const item = make('li');
  item.append(button);
  const pump = {name, item, button, value, speed, state, points: [], client: null, seen: 0, now: null};
  const next = Array.from(pumps.keys()).filter((other) => other > name).sort()[0];
  element('pumps').insertBefore(item, next ? pumps.get(next).item : null);
  pumps.set(name, pump);
  element('empty').hidden = true;
  return pump;
}

const pumpOf = (name) => pumps.get(name) || makePump(name);

const isAlive = (pump) => present.has(pump.client);
const stateOf = (pump) => (!isAlive(pump) ? 'gone' : pump.now && pump.now.running ? 'running' : 'stopped');

function noteOf(pump) {
  if (isAlive(pump)) return pump.now ? (pump.now.temperature / 10).toFixed(1) + ' °C' : '';
  return pump.seen ? t('last seen {n} s ago', {n: Math.round((Date.now() - pump.seen) / 1000)}) : '';
}

function show(pump) {
  const speed = pump.now ? pump.now.speed : 0;
  pump.button.dataset.state = stateOf(pump);
  pump.value.style.strokeDasharray = (speed / SPEED_MAX * 100).toFixed(1) + ' 200';
  pump.speed.textContent = pump.now ? speed : '–';
  pump.state.textContent = noteOf(pump);
  pump.button.setAttribute('aria-label', t('{name}, {state}, {speed} turns a minute',
    {name: pump.name, state: t(stateOf(pump)), speed}));
  if (pump.name === chosen) showPanel(pump);
}

// ---- The one that was chosen --------------------------------------------------------------------

function plot(id, values, reach) {
  const low = Math.min(...values);
  const width = Math.max(...values) - low;
  const span = Math.max(reach, width); // noise stays small
  const points = values.map((value, index) =>
    (index / (POINT_COUNT_MAX - 1) * 300).toFixed(1) + ' ' + (84 - (value - low + (span - width) / 2) / span * 78).toFixed(1));
  element(id).setAttribute('d', 'M' + points.join('L'));
}

function showPanel(pump) {
  const state = stateOf(pump);
  element('pump-name').textContent = pump.name;
  element('pump-state').dataset.state = {running: 'connected', stopped: 'idle', gone: 'ended'}[state];
  element('pump-state-text').textContent = t(state) + (isAlive(pump) ? '' : ' · ' + noteOf(pump));
  if (!pump.now) return;
  element('speed-now').textContent = pump.now.speed + ' ' + t('turns a minute');
  element('temperature-now').textContent = (pump.now.temperature / 10).toFixed(1) + ' °C';
  element('pressure-now').textContent = (pump.now.pressure / 100).toFixed(2) + ' bar';
  plot('speed-plot', pump.points.map((point) => point.speed), 300);
  plot('temperature-plot', pump.points.map((point) => point.temperature), 60);
  plot('pressure-plot', pump.points.map((point) => point.pressure), 60);
}

function choose(name) {
  if (chosen) {
    pumps.get(chosen).button.removeAttribute('aria-current');
    channels.unsubscribe('devices:' + chosen);
  }
  chosen = name;
  element('panel').hidden = false;
  pumps.get(name).button.setAttribute('aria-current', 'true');
  channels.subscribe('devices:' + name, {onpublication: takeAnswer});
  show(pumps.get(name));
}

// ---- Commands -----------------------------------------------------------------------------------

// An answer that comes late is one, too.
function settle(id, state) {
  const line = commands.get(id);
  if (!line) return;
  if (state !== 'no answer' || !line.isConnected) commands.delete(id);
  line.dataset.state = state;
  line.lastChild.textContent = t(state);
}

function takeAnswer(data) {
  if (data && typeof data.ack === 'string') settle(data.ack, data.done ? 'done' : 'refused');
}

function order(command, value) {
  const id = makeId();
  const line = make('li');
  const text = chosen + ': ' + t(COMMAND_TEXT[command]) + (command === 'speed' ? ' ' + value : '');
  line.dataset.state = 'waiting';
  line.append(make('span', '', text), make('span', 'answer', t('waiting')));
  element('acknowledgements').prepend(line);
  while (element('acknowledgements').childElementCount > SHOWN_MAX) {
    element('acknowledgements').lastElementChild.remove();
  }
  commands.set(id, line);
  setTimeout(() => settle(id, 'no answer'), ANSWER_MS);
  channels.publish('devices:' + chosen, {command, value, id})
    .catch((error) => settle(id, error.code > 0 ? 'refused' : 'not sent'));
}

element('commands').addEventListener('submit', (event) => {
  event.preventDefault();
  order('speed', Number(element('wanted').value));
});
element('wanted').addEventListener('input', () => {
  element('wanted-now').textContent = element('wanted').value;
});
for (const button of document.querySelectorAll('[data-command]')) {
  button.addEventListener('click', () => order(button.dataset.command, 0));
}

// ---- What comes in ------------------------------------------------------------------------------

// A pump says its name in what it publishes; whose that is the server says.
function takeState(now, info) {
  if (!now || typeof now.device !== 'string' || !info) return;
  const pump = pumpOf(now.device);
  pump.client = info.client;
  pump.now = now;
  pump.seen = Date.now();
  pump.points.push(now);
  if (pump.points.length > POINT_COUNT_MAX) pump.points.shift();
  show(pump);
  if (!chosen) choose(now.device);
}

function takeLeave({client}) {
  present.delete(client);
  for (const pump of pumps.values()) {
    if (pump.client !== client) continue;
    pump.seen = Date.now();
    show(pump);
  }
}

const channels = channelsOfPage({}, () => {
  element('command').textContent = commandFor(channels, 'demo-devices', 'pumps');
});
channels.subscribe('devices:here', {
  onjoin: ({client}) => present.add(client),
  onleave: takeLeave,
  onsubscribed() {
    channels.presence('devices:here').then((members) => {
      present = new Set(Object.keys(members));
      pumps.forEach(show);
    }).catch(() => {}); // the connection is gone: the next one asks again
  },
});
channels.subscribe('devices:state', {onpublication: takeState});
channels.open();
setInterval(() => pumps.forEach((pump) => isAlive(pump) || show(pump)), 1000);
