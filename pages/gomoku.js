// SPDX-License-Identifier: MIT
// Gomoku: a board for two, and for all who watch.  The server judges; this only shows and asks.
import {channelsOfPage, clean, element, make, makeId, recall, remember, speak, t} from './page.js';

const SIZE = 15;
const LETTERS = 'ABCDEFGHJKLMNOP'; // as Go boards are labelled, without I

speak({
  'Gomoku': '五子棋',
  'Board': '棋盘',
  'Your name': '你的名字',
  'Play black': '执黑',
  'Play white': '执白',
  'Play again': '再来一局',
  'Resign': '认输',
  'Leave the seat': '离座',
  'Others join, or watch, at': '其他人可在此加入或观战：',
  'connected to this game': '人连接到本局',
  'another game': '另开一局',
  'Two play, all others watch. A move is a call of a procedure, which a judge in C inside the server answers: he keeps the clocks, refuses what is against the rules, and publishes the game, whole, in its channel, where nobody else may publish. The channel keeps the latest, so whoever comes back has it at once.':
    '两人对弈，其他人观战。每一步都是一次过程调用，由服务器内用 C 写的裁判应答：他计时、拒绝犯规，并在频道中发布整个棋局，别人不能在那里发布。频道保留最新状态，因此回来的人立即得到它。',
  'empty seat': '空位',
  'black': '黑',
  'white': '白',
  'empty': '空',
  'Two seats are free. Take one.': '有两个空位，请入座。',
  'Waiting for another player.': '等待对手。',
  'A seat is free. Take it.': '有一个空位，请入座。',
  'Your move.': '轮到你了。',
  '{name} is to move.': '轮到 {name}。',
  'You have won!': '你赢了！',
  '{name} has won.': '{name} 获胜。',
  '{name} has won: the other resigned.': '{name} 获胜：对手认输。',
  '{name} has won: the other is out of time.': '{name} 获胜：对手超时。',
  'A draw: the board is full.': '和棋：棋盘已满。',
  'Somebody sits there.': '那里有人了。',
  'Not your turn.': '还没轮到你。',
  'That point is taken.': '该点已有棋子。',
  'Please say your name first.': '请先填写名字。',
  'Not connected: try again when the connection is back.': '未连接：请在恢复连接后再试。',
});

const REFUSALS = {1001: 'Somebody sits there.', 1004: 'Not your turn.', 1005: 'That point is taken.'};

// A game without a name in the address gets one, and the address can be passed on.
function nameOfGame() {
  const asked = new URLSearchParams(location.search).get('game') || '';
  const game = asked.replace(/[^A-Za-z0-9-]/g, '').slice(0, 32) || makeId().slice(-8);
  if (game !== asked) history.replaceState(null, '', '?game=' + game);
  return game;
}

const game = nameOfGame();
const key = recall('gomoku.' + game, '') || makeId() + makeId(); // shows that the seat is ours
remember('gomoku.' + game, key);

let state = null;
let stateAt = 0; // when it came, for the clocks
let side = -1; // ours
let claimed = false; // the end of a time was asked about

// ---- The board ----------------------------------------------------------------------------------

const points = Array.from({length: SIZE * SIZE}, (nothing, index) => {
  const point = make('button', 'point');
  point.type = 'button';
  point.tabIndex = index === (SIZE * SIZE - 1) / 2 ? 0 : -1;
  point.setAttribute('role', 'gridcell');
  point.addEventListener('click', () => call('move', {x: index % SIZE, y: Math.floor(index / SIZE)}));
  return point;
});

for (let y = 0; y < SIZE; y++) {
  const row = make('div', 'board-row');
  row.setAttribute('role', 'row');
  row.append(...points.slice(y * SIZE, (y + 1) * SIZE));
  element('board').append(row);
}

const STEPS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

element('board').addEventListener('keydown', (event) => {
  const step = STEPS[event.key];
  const index = points.indexOf(event.target);
  if (!step || index < 0) return;
  event.preventDefault();
  const inside = (value) => Math.min(SIZE - 1, Math.max(0, value));
  const next = points[inside(Math.floor(index / SIZE) + step[1]) * SIZE + inside(index % SIZE + step[0])];
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

function showBoard() {
  const stones = new Map(state.moves.map((point, index) => [point, index % 2 ? 'white' : 'black']));
  const last = state.moves[state.moves.length - 1];
  element('board').dataset.mine = String(state.state === 'playing' && side === state.turn);
  points.forEach((point, index) => {
    const stone = stones.get(index) || 'empty';
    point.className = 'point ' + stone + (index === last ? ' last' : '') +
      (state.row.includes(index) ? ' wins' : '');
    point.setAttribute('aria-label',
      LETTERS[index % SIZE] + (SIZE - Math.floor(index / SIZE)) + ', ' + t(stone));
  });
}

// ---- What stands beside it ----------------------------------------------------------------------

function verdict() {
  const winner = state.players[state.winner];
  switch (state.state) {
  case 'playing':
    return side === state.turn ? t('Your move.') : t('{name} is to move.', {name: state.players[state.turn]});
  case 'won':
    return side === state.winner ? t('You have won!') : t('{name} has won.', {name: winner});
  case 'resigned':
    return t('{name} has won: the other resigned.', {name: winner});
  case 'late':
    return t('{name} has won: the other is out of time.', {name: winner});
  case 'drawn':
    return t('A draw: the board is full.');
  default:
    if (side >= 0) return t('Waiting for another player.');
    return t(state.players.some(Boolean) ? 'A seat is free. Take it.' : 'Two seats are free. Take one.');
  }
}

function leftOf(which) {
  const runs = state.state === 'playing' && which === state.turn;
  return Math.max(0, state.left_ms[which] - (runs ? performance.now() - stateAt : 0));
}

function showClocks() {
  if (!state) return;
  for (const which of [0, 1]) {
    const seconds = Math.ceil(leftOf(which) / 1000);
    const seat = element('seat-' + which);
    seat.querySelector('.seat-clock').textContent =
      Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0');
    seat.classList.toggle('hurry', state.state === 'playing' && seconds <= 30);
  }
  if (state.state === 'playing' && leftOf(state.turn) === 0 && !claimed) {
    claimed = true;
    call('look', {}); // the judge looks at his own clock
  }
}

function showSeats() {
  state.players.forEach((name, which) => {
    const seat = element('seat-' + which);
    const label = seat.querySelector('.seat-name');
    label.textContent = name === null ? t('empty seat') : clean(name) + (which === side ? ' · ' + t('you') : '');
    label.classList.toggle('muted', name === null);
    seat.classList.toggle('to-move', state.state === 'playing' && which === state.turn);
    seat.querySelector('button').hidden = name !== null || side >= 0;
    seat.querySelector('.seat-clock').hidden = state.state === 'waiting';
  });
}

function show() {
  const isOver = !['waiting', 'playing'].includes(state.state);
  showBoard();
  showSeats();
  showClocks();
  element('verdict').textContent = verdict();
  element('who').hidden = side >= 0 || state.players.every(Boolean);
  element('resign').hidden = side < 0 || state.state !== 'playing';
  element('again').hidden = side < 0 || !isOver;
  element('stand').hidden = side < 0 || state.state === 'playing';
}

// ---- Asking and hearing -------------------------------------------------------------------------

// Who sits where is told by the players' names alone; which of them we are, the server knows.
function take(next) {
  state = next;
  stateAt = performance.now();
  claimed = false;
  if (state.side !== undefined) side = state.side;
  show();
}

function call(method, data) {
  element('trouble').textContent = '';
  return channels.rpc('gomoku.' + method, {game, key, ...data}).then(take).catch((error) => {
    element('trouble').textContent = error.code > 0 ? t(REFUSALS[error.code] || error.message)
      : t('Not connected: try again when the connection is back.');
  });
}

function sit(which) {
  const name = clean(element('name').value);
  if (!name) {
    element('trouble').textContent = t('Please say your name first.');
    element('name').focus();
    return;
  }
  remember('name', name);
  call('sit', {side: which, name});
}

function countWatchers() {
  channels.presenceStats('gomoku:' + game).then((stats) => {
    element('watchers').textContent = stats.num_clients;
  }).catch(() => {}); // the connection is gone: the next one asks again
}

const channels = channelsOfPage({});
channels.subscribe('gomoku:' + game, {
  onsubscribed() {
    call('look', {}); // and what could not be done is forgotten
    countWatchers();
  },
  // A publication is for all: when seats may have changed, an answer says which is ours.
  onpublication(next) {
    take(next);
    if (side >= 0 && next.moves.length === 0) call('look', {});
  },
  onjoin: countWatchers,
  onleave: countWatchers,
});
channels.open();

for (const which of [0, 1]) {
  element('seat-' + which).querySelector('button').addEventListener('click', () => sit(which));
}
for (const method of ['again', 'resign', 'stand']) {
  element(method).addEventListener('click', () => call(method, {}));
}
element('who').addEventListener('submit', (event) => event.preventDefault());
element('name').value = clean(recall('name', ''));
element('share').textContent = element('share').href = location.origin + '/gomoku?game=' + game;
setInterval(showClocks, 250);
