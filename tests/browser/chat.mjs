// SPDX-License-Identifier: MIT
// The chat and the start page: node chat.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Server, complaints, isFirefox, connected, fitsPhone, lost, open, play, shows, weather}
  from './stage.mjs';

async function comeAboard(page, name) {
  await page.fill('#name', name);
  await page.press('#name', 'Enter');
  await connected(page);
}

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

// Waits until the log has that text, once.
async function sees(page, text) {
  const entry = page.locator('#log li', {hasText: text});
  await entry.first().waitFor();
  assert.equal(await entry.count(), 1, 'seen more than once: ' + text);
}

async function present(page, names) {
  await page.waitForFunction((expected) => {
    const items = Array.from(document.querySelectorAll('#people .name'), (item) => item.textContent);
    return JSON.stringify(items) === expected;
  }, JSON.stringify(names));
  assert.equal(await page.textContent('#people-count'), String(names.length));
}

async function goTo(page, room) {
  await page.fill('#room-input', room);
  await page.press('#room-input', 'Enter');
  await page.waitForFunction((name) => document.getElementById('room-title').textContent === name, room);
}

const svgBytes = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');

// A picture that does not pack well.
async function noise(page, width, height) {
  const png = await page.evaluate(([w, h]) => {
    const canvas = document.createElement('canvas');
    canvas.width = w;
    canvas.height = h;
    const paint = canvas.getContext('2d');
    const pixels = paint.createImageData(w, h);
    for (let i = 0, seed = 7; i < pixels.data.length; i++) {
      seed = Math.imul(seed, 1664525) + 1013904223;
      pixels.data[i] = i % 4 === 3 ? 255 : seed >>> 24 & 0xe0; // three bits, which no PNG packs
    }
    paint.putImageData(pixels, 0, 0);
    return canvas.toDataURL('image/png').split(',')[1];
  }, [width, height]);
  return Buffer.from(png, 'base64');
}

// Waits until so many pictures are there, whole.
const shown = (page, count) => page.waitForFunction((wanted) => {
  const images = Array.from(document.querySelectorAll('img.picture'));
  return images.length === wanted && images.every((it) => it.complete && it.naturalWidth > 0);
}, count);

// ---- The tests, in order: each begins where the one before ended ---------------------------------

let server;
let ada;
let ben;
let start;

const tests = {
  async 'two people come in, and each sees who is here'(browser) {
    ada = await open(browser, server.base + '/chat', 'ada');
    await comeAboard(ada, 'Ada');
    await present(ada, ['Ada']);
    ben = await open(browser, server.base + '/chat', 'ben');
    await comeAboard(ben, 'Ben');
    await present(ada, ['Ada', 'Ben']);
    await present(ben, ['Ada', 'Ben']);
    await sees(ada, 'Ben came in');
  },

  async 'they talk, both ways'() {
    await say(ada, 'ahoy from Ada');
    await sees(ben, 'ahoy from Ada');
    await say(ben, 'ahoy from Ben 👋');
    await sees(ada, 'ahoy from Ben 👋');
    await sees(ada, 'ahoy from Ada');
    await ada.waitForFunction(() => !document.querySelector('.waits'));
    assert.equal(await ada.locator('.message.own').count(), 1);
    assert.equal(await ben.locator('.message:not(.own) .who').textContent(), 'Ada');
  },

  async 'what they write is text, never markup'() {
    const text = '<img src=x onerror=alert(1)> & <b>bold</b>';
    await say(ada, text);
    await sees(ben, text);
    assert.equal(await ben.locator('#log img, #log b').count(), 0);
  },

  async 'lines, long words and empty messages'() {
    await ada.fill('#text', 'two');
    await ada.press('#text', 'Shift+Enter');
    await ada.type('#text', 'lines ' + 'x'.repeat(400));
    await ada.press('#text', 'Enter');
    await sees(ben, 'two\nlines');
    const before = await ada.locator('.message').count();
    await say(ada, '   ');
    assert.equal(await ada.locator('.message').count(), before);
    await ben.setViewportSize({width: 320, height: 560});
    assert.ok(await ben.evaluate(() => document.documentElement.scrollWidth <= 320), 'too wide');
    await ben.setViewportSize({width: 900, height: 700});
  },

  async 'another room does not hear them'() {
    await goTo(ben, 'mole');
    assert.ok(ben.url().endsWith('?room=mole'));
    await sees(ada, 'Ben left');
    await present(ada, ['Ada']);
    await say(ada, 'only for the harbour');
    await sees(ada, 'only for the harbour');
    await say(ben, 'only for the mole');
    await ben.waitForFunction(() => !document.querySelector('.waits'));
    assert.equal(await ben.locator('#log li', {hasText: 'only for the harbour'}).count(), 0);
    assert.equal(await ada.locator('#log li', {hasText: 'only for the mole'}).count(), 0);
  },

  async 'back leads to the room before'() {
    await ben.goBack();
    await present(ada, ['Ada', 'Ben']);
    await say(ada, 'welcome back');
    await sees(ben, 'welcome back');
  },

  async 'a name is remembered, and can be changed'() {
    await ben.reload();
    await connected(ben);
    await present(ben, ['Ada', 'Ben']);
    await ben.click('#rename');
    await comeAboard(ben, 'Benjamin');
    await present(ada, ['Ada', 'Benjamin']);
  },

  async 'what was said survives a reload, once, and under the right names'() {
    await ada.reload();
    await connected(ada);
    await sees(ada, 'ahoy from Ben 👋');
    await sees(ada, 'ahoy from Ada');
    assert.equal(await ada.locator('.message.own', {hasText: 'ahoy from Ada'}).count(), 1);
    assert.equal(await ada.locator('.message.own', {hasText: 'ahoy from Ben'}).count(), 0);
    await present(ada, ['Ada', 'Benjamin']);
  },

  async 'who types is seen to type'() {
    await ben.type('#text', 'I am about to');
    await shows(ada, '#typing', 'Benjamin is typing…');
    await say(ben, 'I have said it');
    await sees(ada, 'I have said it');
    await shows(ada, '#typing', '');
  },

  async 'a picture is sent as bytes, and shown to all'() {
    const sent = ada.waitForRequest((request) => request.method() === 'PUT');
    await ada.setInputFiles('#picture',
      {name: 'noise.png', mimeType: 'image/png', buffer: await noise(ada, 1700, 1000)});
    assert.match(new URL((await sent).url()).pathname, /^\/hawser\/pictures\/[0-9a-f]{32}$/);
    await shown(ben, 1);
    assert.equal(await ben.getAttribute('img.picture', 'alt'), 'Picture from Ada');
    await ada.waitForFunction(() => !document.querySelector('.waits'));
    await fitsPhone(ben);
  },

  async 'it is served as what it is, and as nothing else'() {
    const address = await ben.evaluate(() => document.querySelector('img.picture').src);
    const answer = await fetch(address);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.match(answer.headers.get('content-security-policy'), /^default-src 'none'; sandbox$/);
    assert.deepEqual([...bytes.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    assert.ok(bytes.length > 65536, 'more than a publication may have');
  },

  async 'several are dropped, and come in their order, before what is written behind them'() {
    const small = (await noise(ada, 64, 48)).toString('base64');
    const gif = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
    const dropped = await ada.evaluateHandle(([png, moving]) => {
      const transfer = new DataTransfer();
      const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes(png)], 'small.png', {type: 'image/png'}));
      transfer.items.add(new File([bytes(moving)], 'moving.gif', {type: 'image/gif'}));
      return transfer;
    }, [small, gif]);
    await ada.dispatchEvent('#log', 'dragover', {dataTransfer: dropped});
    await ada.waitForSelector('body[data-drop]');
    await ada.dispatchEvent('#log', 'drop', {dataTransfer: dropped});
    await ada.locator('.message canvas.picture').nth(2).waitFor();
    await say(ada, 'behind the pictures');
    await shown(ben, 3);
    await sees(ben, 'behind the pictures');
    const kinds = await ben.evaluate(() => Array.from(document.querySelectorAll('.message'))
      .slice(-3).map((entry) => entry.querySelector('.picture')?.naturalWidth || 'text'));
    assert.deepEqual(kinds, [64, 1, 'text']);
  },

  async 'pictures survive a reload'() {
    await ada.reload();
    await connected(ada);
    await shown(ada, 3);
    await shown(ben, 3);
  },

  async 'what is no picture is named, and stays here'() {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const complaint = /no picture: PNG, JPEG, GIF and WebP are/;
    const bad = [
      ['page.png', 'image/png', svg, complaint],
      ['drawing.svg', 'image/svg+xml', svg, complaint],
      ['half.jpg', 'image/jpeg', '\xff\xd8\xff', complaint],
      ['nothing.png', 'image/png', '', /nothing\.png is empty/],
    ];
    for (const [name, mimeType, content, reason] of bad) {
      await ada.setInputFiles('#picture', {name, mimeType, buffer: Buffer.from(content, 'latin1')});
      await ada.locator('#log .event', {hasText: reason}).filter({hasText: name}).waitFor();
    }
    const huge = await ada.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new ArrayBuffer(32 * 1024 * 1024 + 1)], 'huge.png', {type: 'image/png'}));
      return transfer;
    });
    await ada.dispatchEvent('#log', 'drop', {dataTransfer: huge});
    await sees(ada, 'huge.png is too large: 32 MiB are the most.');
    assert.equal(await ben.locator('.picture').count(), 3);
  },

  async 'what the server refuses is told beside the picture'() {
    await ada.route('**/hawser/pictures/*', (route) => route.continue({postData: svgBytes}));
    await ada.setInputFiles('#picture',
      {name: 'x.png', mimeType: 'image/png', buffer: await noise(ada, 20, 20)});
    await ada.locator('.refused', {hasText: 'the server knows no such pictures'}).waitFor();
    await ada.unroute('**/hawser/pictures/*');
    if (!isFirefox) assert.match(complaints.pop(), /415/); // Chromium's console tells of it, too
    assert.equal(await ben.locator('.picture').count(), 3);
  },

  async 'a picture whose way is closed for a while comes through'() {
    let count = 0;
    await ada.route('**/hawser/pictures/*', (route) =>
      (route.request().method() === 'PUT' && ++count <= 2 ? route.abort() : route.continue()));
    await ada.setInputFiles('#picture',
      {name: 'late.png', mimeType: 'image/png', buffer: await noise(ada, 20, 20)});
    await say(ada, 'behind the late one');
    await sees(ben, 'behind the late one');
    await shown(ben, 4);
    assert.equal(count, 3);
    await ada.unroute('**/hawser/pictures/*');
    assert.ok(complaints.splice(0).every((text) => /ERR_FAILED/.test(text)));
  },

  async 'one whose way stays closed is given up'() {
    await ada.route('**/hawser/pictures/*', (route) => route.abort());
    await ada.setInputFiles('#picture',
      {name: 'lost.png', mimeType: 'image/png', buffer: await noise(ada, 20, 20)});
    await say(ada, 'behind the lost one');
    await ada.locator('.refused', {hasText: 'the server cannot be reached'}).waitFor();
    await sees(ben, 'behind the lost one');
    await ada.unroute('**/hawser/pictures/*');
    assert.ok(complaints.splice(0).every((text) => /ERR_FAILED/.test(text)));
    await shown(ben, 4);
  },

  async 'where no WebSocket passes, events do'(browser) {
    const cai = await open(browser, server.base + '/chat', 'cai', {hasNoWebSocket: true});
    await comeAboard(cai, 'Cai');
    await sees(cai, 'ahoy from Ada');
    await present(cai, ['Ada', 'Benjamin', 'Cai']);
    await present(ada, ['Ada', 'Benjamin', 'Cai']);
    for (let i = 0; i < 20; i++) await say(cai, 'by post, number ' + i + '.');
    for (let i = 0; i < 20; i++) await sees(ada, 'by post, number ' + i + '.');
    const texts = await ada.locator('.message', {hasText: 'by post'}).locator('p').allTextContents();
    assert.deepEqual(texts, texts.map((text, i) => 'by post, number ' + i + '.'));
    await say(ada, 'and back');
    await sees(cai, 'and back');
    await cai.waitForFunction(() => !document.querySelector('.waits'));
    await cai.context().close();
    await present(ada, ['Ada', 'Benjamin']);
  },

  async 'the start page tells the addresses, and echoes'(browser) {
    start = await open(browser, server.base + '/', 'start');
    await start.waitForSelector('#echo-state[data-state=connected]');
    assert.equal(await start.textContent('#echo-url'), server.base.replace('http', 'ws') + '/echo');
    await start.fill('#echo-text', 'round and back ⚓');
    await start.click('#echo-form button[type=submit]');
    await start.locator('#echoes li', {hasText: 'round and back ⚓'}).waitFor();
    await start.click('#many');
    await start.locator('#echoes li', {hasText: '100 ×'}).waitFor();
    assert.equal(await start.textContent('#sample-count'), '101');
    assert.match(await start.textContent('#median'), /^\d+(\.\d)? ms$/);
  },

  async 'messages are compressed, as browsers offer it'() {
    const {extensions, echoes} = await start.evaluate(async (address) => {
      const ws = new WebSocket(address);
      const next = () => new Promise((resolve, reject) => {
        ws.onmessage = (event) => resolve(event.data);
        ws.onclose = (event) => reject(new Error('closed with ' + event.code));
      });
      await new Promise((resolve) => { ws.onopen = resolve; });
      const sent = ['x', '⚓ '.repeat(500), JSON.stringify(Array.from({length: 9000}, (_, i) => i)), '⚓ '.repeat(500)];
      const echoes = [];
      for (const text of sent) {
        ws.send(text);
        echoes.push(await next() === text);
      }
      ws.onclose = null;
      ws.close();
      return {extensions: ws.extensions, echoes};
    }, server.base.replace('http', 'ws') + '/echo');
    assert.match(extensions, /^permessage-deflate(;|$)/);
    assert.deepEqual(echoes, [true, true, true, true]);
  },

  async 'the server is killed: the pages say so, and keep what is written'() {
    weather.outage = true;
    await server.end('SIGKILL');
    await lost(ada);
    await lost(ben);
    await present(ada, []);
    await say(ada, 'written in the dark');
    assert.equal(await ada.locator('.waits', {hasText: 'written in the dark'}).count(), 1);
    await shows(ada, '#state', /reconnecting\s+in \d+ s/);
  },

  async 'it comes back on the same port: they talk again, without a reload'() {
    server = await Server.start(server.port);
    await connected(ada);
    await connected(ben);
    weather.outage = false;
    await present(ada, ['Ada', 'Benjamin']);
    await present(ben, ['Ada', 'Benjamin']);
    await sees(ada, 'written in the dark');
    await ada.waitForFunction(() => !document.querySelector('.waits'));
    await say(ben, 'there you are');
    await sees(ada, 'there you are');
    await say(ada, 'here I am');
    await sees(ben, 'here I am');
  },

  async 'who leaves is seen to leave'() {
    await ben.context().close();
    await sees(ada, 'Benjamin left');
    await present(ada, ['Ada']);
  },

  async 'SIGTERM: every page is closed with 1012, and the server exits with 0'() {
    await start.click('#echo-form button[type=submit]'); // the kill had ended its connection
    await start.waitForSelector('#echo-state[data-state=connected]');
    weather.outage = true;
    assert.equal(await server.end('SIGTERM'), 0);
    await ada.waitForSelector('#state[data-code="1012"]');
    await start.waitForSelector('#echo-state[data-state=ended][data-code="1012"]');
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

server = await Server.start(0);
await play(tests, () => server);
