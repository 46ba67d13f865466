// SPDX-License-Identifier: MIT
// A sheet that several people write on, and where the others are on it.
import {channelsOfPage, clean, count, element, hueOf, make, makeId, recall, remember, speak, t}
  from './page.js';
import {SharedText} from './shared_text.js';

const LETTER_COUNT_MAX = 8000; // with those that were deleted
const CHANGE_COUNT_MAX = 200; // in one message
const SUMMARY_SIZE_MAX = 60000; // bytes of JSON: it is to fit into a message
const HISTORY = 300;
const SUMMARY_EVERY = 100; // changes
const SEND_MS = 120; // what is typed meanwhile leaves together
const CURSOR_MS = 10000; // how long a cursor is shown that does not move

speak({
  'Shared text': '共享文本',
  'Write together: every letter of all the others appears where they put it, and nothing is lost, also of what is written while the connection is gone.':
    '一起书写：其他人的每个字都出现在他们放置之处，断线时写下的也不会丢失。',
  'Who writes': '谁在书写',
  'Your name': '你的名字',
  'The text': '正文',
  'Begin here …': '从这里开始……',
  'letters': '个字',
  'Others write at': '其他人可在此书写：',
  'another sheet': '另一张纸',
  'Each letter has a name of its own and was put behind another one, so changes that cross on their way lead to the same text everywhere. The channel keeps the changes, and now and then a page adds a summary of them, so that who comes later need not read them all. Cursors go through a channel that keeps nothing.':
    '每个字都有自己的名字，并放在另一个字之后，因此途中交错的修改在各处得到同样的文本。频道保存修改，页面不时加入摘要，后来者不必全部读取。光标走不保存内容的频道。',
  'all is with the others': '已全部同步',
  'on its way': '正在发送',
  'kept until the connection is back': '连接恢复前保留在此',
  'The sheet is full.': '这张纸写满了。',
  'Guest': '客人',
});

function nameOfSheet() {
  const asked = new URLSearchParams(location.search).get('sheet') || '';
  const sheet = asked.replace(/[^A-Za-z0-9-]/g, '').slice(0, 32) || makeId().slice(-8);
  if (sheet !== asked) history.replaceState(null, '', '?sheet=' + sheet);
  return sheet;
}

const sheet = nameOfSheet();
const channel = 'edit:' + sheet;
const cursorChannel = 'cursor-' + sheet;
const field = element('text');
const shared = new SharedText(makeId().slice(-8));
const cursors = new Map(); // client -> {name, anchor, timer}
const outbox = []; // changes that have not been confirmed
let isSending = false;
let sinceSummary = 0;
let isFull = false;
let isReady = false;
let isComposing = false; // an input method
let early = []; // what came meanwhile
let shown = ''; // what stands in the field, as it was put there or read from it
let name = clean(recall('name', '')) || t('Guest') + ' ' + shared.site.slice(-3);

// The field counts in units of UTF-16, the text in letters.
const lettersBefore = (text, unit) => Array.from(text.slice(0, unit)).length;
const unitsBefore = (text, letter) => Array.from(text).slice(0, letter).join('').length;

// ---- What is shown ------------------------------------------------------------------------------

// The text again, unseen, with the others' cursors in it.
function showCursors() {
  const mirror = element('mirror');
  const letters = Array.from(shown);
  const marks = Array.from(cursors.values(), (it) => ({...it, place: shared.placeOf(it.anchor)}))
    .sort((a, b) => a.place - b.place);
  mirror.textContent = '';
  let from = 0;
  for (const {name: whose, place} of marks) {
    const mark = make('span', 'cursor');
    mark.style.setProperty('--hue', hueOf(whose));
    mark.append(make('span', 'cursor-name', whose));
    mirror.append(letters.slice(from, place).join(''), mark);
    from = place;
  }
  mirror.append(letters.slice(from).join('') + '\n');
  mirror.scrollTop = field.scrollTop;
  const people = Array.from(new Set([name, ...marks.map((mark) => mark.name)]));
  element('people').replaceChildren(...people.map((each) => {
    const item = make('li', '', each === name ? name + ' · ' + t('you') : each);
    item.style.setProperty('--hue', hueOf(each));
    return item;
  }));
}

// What our selection is behind.
const anchorsNow = () => [field.selectionStart, field.selectionEnd]
  .map((unit) => shared.anchorAt(lettersBefore(shown, unit)));

// The new text, with our own selection where it was in the old one.
function showText(anchors) {
  const text = shared.text;
  if (text !== field.value) {
    field.value = text;
    const [start, end] = anchors.map((anchor) => unitsBefore(text, shared.placeOf(anchor)));
    field.setSelectionRange(start, end);
  }
  shown = text;
  element('length').textContent = count(Array.from(text).length);
  showCursors();
}

function showSaved() {
  const isConnected = channels.state === 'connected';
  element('saved').textContent = t(outbox.length === 0 ? 'all is with the others'
    : isConnected ? 'on its way' : 'kept until the connection is back');
}

// ---- What is written here -----------------------------------------------------------------------

// What differs between two texts, as one piece: {place, length, added}, in letters.
function difference(before, after) {
  const [a, b] = [Array.from(before), Array.from(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return {place: start, length: a.length - end - start, added: b.slice(start, b.length - end).join('')};
}

function takeWritten() {
  const {place, length, added} = difference(shown, field.value);
  if (isFull || shared.size + Array.from(added).length > LETTER_COUNT_MAX) {
    field.value = shown;
    element('saved').textContent = t('The sheet is full.');
    return;
  }
  outbox.push(...shared.replace(place, length, added));
  shown = field.value;
  element('length').textContent = count(Array.from(shown).length);
  showCursors();
  showSaved();
  setTimeout(send, SEND_MS);
}

// What is not finished is its own: what an input method composes, and an emoji of which the first half
// is there: some keyboards send the halves one by one.
const half = /\p{Surrogate}/gu;
const isUnfinished = () => isComposing || field.value.search(half) >= 0;

function takeInput() {
  if (isUnfinished()) return;
  takeWritten();
  const waiting = early;
  early = [];
  waiting.forEach(take);
}

// One publication after the other; what is not confirmed is sent again, and changes nothing twice.
function send() {
  if (isSending || outbox.length === 0 || channels.state !== 'connected') return;
  const changes = outbox.splice(0, CHANGE_COUNT_MAX);
  isSending = true;
  channels.publish(channel, {changes}).then(() => {
    if (++sinceSummary >= SUMMARY_EVERY) summarise();
  }).catch(() => {
    outbox.unshift(...changes);
  }).then(() => {
    isSending = false;
    showSaved();
    if (outbox.length > 0) setTimeout(send, SEND_MS);
  });
  showSaved();
}

function summarise() {
  const summary = {changes: shared.snapshot(), isSummary: true};
  sinceSummary = 0;
  isFull = new TextEncoder().encode(JSON.stringify(summary)).length > SUMMARY_SIZE_MAX;
  if (!isFull) channels.publish(channel, summary).catch(() => {}); // another comes
}

let told = 0;

function tellCursor() {
  clearTimeout(told);
  told = setTimeout(() => {
    const anchor = shared.anchorAt(lettersBefore(shown, field.selectionEnd));
    channels.publish(cursorChannel, {name, anchor}).catch(() => {}); // no more than comfort
  }, SEND_MS);
}

// ---- What comes from the others -----------------------------------------------------------------

const isId = (value) => Number.isInteger(value.counter) && typeof value.site === 'string';
const isChange = (value) => Boolean(value) && isId(value) && (value.length
  ? value.length > 0 && value.length <= LETTER_COUNT_MAX
  : typeof value.text === 'string' && (!value.after || value.after.length === 2));

function take(data) {
  if (!data || !Array.isArray(data.changes)) return;
  if (isUnfinished()) {
    early.push(data);
    return;
  }
  const anchors = anchorsNow();
  shared.apply(data.changes.filter(isChange));
  sinceSummary = data.isSummary ? 0 : sinceSummary + 1;
  if (isReady) showText(anchors);
}

field.addEventListener('compositionstart', () => {
  isComposing = true;
});
field.addEventListener('compositionend', () => {
  isComposing = false;
  takeInput();
});

function forget(client) {
  if (!cursors.has(client)) return;
  clearTimeout(cursors.get(client).timer);
  cursors.delete(client);
  showCursors();
}

function takeCursor(data, info) {
  if (!data || typeof data.name !== 'string' || info.client === channels.client) return;
  const anchor = Array.isArray(data.anchor) && data.anchor.length === 2 ? data.anchor : null;
  forget(info.client);
  const timer = setTimeout(() => forget(info.client), CURSOR_MS);
  cursors.set(info.client, {name: clean(data.name) || t('Guest'), anchor, timer});
  showCursors();
}

const channels = channelsOfPage({}, () => showSaved());
channels.subscribe(channel, {
  history: HISTORY,
  onpublication: take,
  onsubscribed({recovered}) {
    isReady = true;
    field.disabled = false;
    showText(anchorsNow());
    if (!recovered && shared.size > 0) summarise(); // of a server that has forgotten
    send();
    showSaved();
  },
});
channels.subscribe(cursorChannel, {
  onpublication: takeCursor,
  onjoin: tellCursor,
  onleave: (info) => forget(info.client),
});
channels.open();

field.addEventListener('input', takeInput);
field.addEventListener('change', () => { // no other half comes any more
  field.value = field.value.replace(half, '');
  takeInput();
});
document.addEventListener('selectionchange', () => document.activeElement === field && tellCursor());
field.addEventListener('scroll', showCursors);
element('who').addEventListener('submit', (event) => event.preventDefault());
element('name').value = name;
element('name').addEventListener('change', () => {
  name = clean(element('name').value) || name;
  remember('name', name);
  showCursors();
  tellCursor();
});
element('share').textContent = element('share').href = location.origin + '/edit?sheet=' + sheet;
