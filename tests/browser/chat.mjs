// SPDX-License-Identifier: MIT
// The chat and the start page: node chat.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Server, complaints, connected, fitsPhone, lost, open, play, shows, weather}
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

  async 'a picture is shown to all, and nothing but pictures'() {
    const png = await ada.evaluate(() => {
      const canvas = document.createElement('canvas');
      canvas.width = 1500;
      canvas.height = 900;
      const paint = canvas.getContext('2d');
      for (let i = 0; i < 3000; i++) { // noise, which does not pack well
        paint.fillStyle = 'hsl(' + i * 37 + ', 70%, 50%)';
        paint.fillRect(i * 61 % 1500, i * 97 % 900, 40, 40);
      }
      return canvas.toDataURL('image/png').split(',')[1];
    });
    await ada.setInputFiles('#picture',
      {name: 'noise.png', mimeType: 'image/png', buffer: Buffer.from(png, 'base64')});
    for (const page of [ada, ben]) {
      await page.waitForFunction(() => {
        const canvas = document.querySelector('canvas.picture');
        return canvas && canvas.toDataURL('image/jpeg').length > 10000;
      });
    }
    assert.equal(await ben.getAttribute('canvas.picture', 'aria-label'), 'Picture from Ada');
    await ada.waitForFunction(() => !document.querySelector('.waits'));
    await ada.setInputFiles('#picture',
      {name: 'page.png', mimeType: 'image/png', buffer: Buffer.from('<svg onload=alert(1)>')});
    await sees(ada, 'This is no picture.');
    await fitsPhone(ben);
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
    await ada.waitForSelector('#state[data-state=waiting]');
    assert.match(await ada.textContent('#state'), /reconnecting\s+in \d+ s/);
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
