// SPDX-License-Identifier: MIT
// Pictures of a conversation: made small enough, given to the server as bytes, and shown.
import {make, t, teach} from './page.js';
import {ChannelError} from './transport.js';

const SIZE_MAX = 512 * 1024; // bytes that the server takes
const FILE_SIZE_MAX = 32 * 1024 * 1024; // bytes that are looked at
const EDGE_MAX = 1600; // pixels of what is redrawn
const SHOWN_EDGE_MAX = 16384; // pixels of what others tell
const ADDRESS = /^\/hawser\/pictures\/[0-9a-f]{32}$/;

teach({
  'Picture from {name}': '{name} 发来的图片',
  'This picture is no longer there.': '这张图片已不在了。',
  '{file} is empty.': '{file} 是空文件。',
  '{file} is too large: 32 MiB are the most.': '{file} 太大：最多 32 MiB。',
  '{file} is no picture: PNG, JPEG, GIF and WebP are.': '{file} 不是图片：只支持 PNG、JPEG、GIF 和 WebP。',
  '{file} cannot be made small enough.': '{file} 无法缩小到允许的大小。',
  'the server found it empty': '服务器认为它是空的',
  'the server finds it too large': '服务器认为它太大',
  'the server knows no such pictures': '服务器不认识这种图片',
  'the server has no room for it': '服务器没有空间',
  'the server refused it': '服务器拒绝了它',
  'the server cannot be reached': '无法连接服务器',
});

const REASONS = {
  400: 'the server found it empty',
  413: 'the server finds it too large',
  415: 'the server knows no such pictures',
  503: 'the server has no room for it',
};

// ---- On their way out ---------------------------------------------------------------------------

async function redraw(bitmap, edge, type, quality) {
  const scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height));
  const canvas = make('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const paint = canvas.getContext('2d');
  if (type === 'image/jpeg') { // it has no transparency
    paint.fillStyle = '#fff';
    paint.fillRect(0, 0, canvas.width, canvas.height);
  }
  paint.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const bytes = await new Promise((done) => canvas.toBlob(done, type, quality));
  return bytes && bytes.size <= SIZE_MAX ? {bytes, width: canvas.width, height: canvas.height} : null;
}

// A picture out of a file, {bytes, width, height}; throws an Error that can be shown.  It is redrawn,
// so that what a camera notes beside it, such as the place, stays here; but for a GIF, which may move.
export async function readPicture(file) {
  const refuse = (text) => new Error(t(text, {file: file.name || '?'}));
  if (file.size === 0) throw refuse('{file} is empty.');
  if (file.size > FILE_SIZE_MAX) throw refuse('{file} is too large: 32 MiB are the most.');
  const isDrawing = file.type.startsWith('image/svg'); // may hold a script
  const bitmap = isDrawing ? null : await createImageBitmap(file).catch(() => null);
  if (!bitmap) throw refuse('{file} is no picture: PNG, JPEG, GIF and WebP are.');
  const {width, height} = bitmap;
  if (file.type === 'image/gif' && file.size <= SIZE_MAX) return {bytes: file, width, height};
  const isKept = file.type === 'image/png' || file.type === 'image/webp';
  let made = isKept ? await redraw(bitmap, EDGE_MAX, file.type, .85) : null;
  for (let edge = EDGE_MAX; !made && edge > 100; edge *= .7) {
    made = await redraw(bitmap, edge, 'image/jpeg', .82);
  }
  if (!made) throw refuse('{file} cannot be made small enough.');
  return made;
}

// Gives the bytes to the server, and answers the address that a publication may hold.  A promise may
// be older than the server that is asked to keep it: then it is asked for another.
export async function keepPicture(channels, bytes) {
  for (let attempt = 0;; attempt++) {
    const {address} = await channels.rpc('picture.promise');
    const answer = await fetch(address, {method: 'PUT', body: bytes}).catch(() => null);
    if (!answer) throw new ChannelError(0, t('the server cannot be reached'));
    if (answer.ok) return address;
    if (answer.status === 404 && attempt === 0) continue;
    throw new ChannelError(answer.status, t(REASONS[answer.status] || 'the server refused it'));
  }
}

// ---- As they are shown --------------------------------------------------------------------------

const isEdge = (edge) => Number.isInteger(edge) && edge > 0 && edge <= SHOWN_EDGE_MAX;

// Whether it is what a publication may say of a picture: one that this server keeps.
export function isPicture(picture) {
  return Boolean(picture) && ADDRESS.test(picture.address) && isEdge(picture.width) &&
    isEdge(picture.height);
}

// One that is on its way has `bytes`, and is drawn; one that is there has an address.
export function showPicture({address, bytes, width, height}, name) {
  const label = t('Picture from {name}', {name});
  const made = make(bytes ? 'canvas' : 'img', 'picture');
  made.width = width;
  made.height = height;
  if (bytes) {
    made.setAttribute('role', 'img');
    made.setAttribute('aria-label', label);
    createImageBitmap(bytes).then((bitmap) => made.getContext('2d').drawImage(bitmap, 0, 0, width, height));
    return made;
  }
  made.alt = label;
  made.addEventListener('error', () => {
    made.replaceWith(make('p', 'gone', t('This picture is no longer there.')));
  });
  made.src = address;
  return made;
}
