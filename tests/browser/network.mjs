// SPDX-License-Identifier: MIT
// Every page with two people on phones, of whom one loses the network and gets it back:
//   node network.mjs HAWSER FOLDER
//
// The page says that it is offline, what both did meanwhile is there afterwards, once, and the page is
// as wide as the phone.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Server, Wire, complaints, connected, lost, open, play, shows, start} from './stage.mjs';

const KEY = 'a key that only this test knows';
const files = mkdtempSync(path.join(tmpdir(), 'hawser-network-'));
writeFileSync(path.join(files, 'api.key'), KEY + '\n');
const server = await Server.start(0, '--api-key', path.join(files, 'api.key'));

const PHONE = {width: 390, height: 760};

// A page of somebody who has a wire of his own; Ada's is light, Ben's is dark.
async function visit(browser, address, name, options) {
  const wire = await Wire.lay(server);
  const page = await open(browser, wire.base + address, name,
    {...options, viewport: PHONE, isMobile: true, hasTouch: true, colorScheme: name.endsWith('ben') ? 'dark' : 'light'});
  return {page, wire};
}

async function fits(page) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= PHONE.width, 'the page is ' + width + ' wide');
}

// While the network is gone from `who`, `meanwhile` happens.
async function outage({page, wire}, meanwhile) {
  await wire.cut(page);
  await page.waitForSelector('#state[data-state=offline]');
  await shows(page, '#state-text', 'offline');
  await fits(page);
  await meanwhile();
  await shows(page, '#state-text', 'offline');
  await photograph(page, new URL(page.url()).pathname.slice(1) + '-offline');
  await wire.mend(page);
  await shows(page, '#state-text', 'connected');
}

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

async function sees(page, text) {
  const entry = page.locator('#log li', {hasText: text});
  await entry.first().waitFor();
  assert.equal(await entry.count(), 1, 'seen more than once: ' + text);
}

const waits = (page, text) => page.locator('.waits', {hasText: text}).waitFor();
const nothingWaits = (page) => page.waitForFunction(() => !document.querySelector('.waits'));
const leave = (...people) => Promise.all(people.map(async ({page, wire}) => {
  await page.context().close();
  wire.close();
}));

const tests = {
  async 'chat'(browser) {
    const ada = await visit(browser, '/chat', 'chat-ada');
    const ben = await visit(browser, '/chat', 'chat-ben');
    for (const [{page}, name] of [[ada, 'Ada'], [ben, 'Ben']]) {
      await page.fill('#name', name);
      await page.press('#name', 'Enter');
      await connected(page);
    }
    await say(ada.page, 'before');
    await sees(ben.page, 'before');
    await outage(ben, async () => {
      await say(ben.page, 'written in the dark');
      await ben.page.setInputFiles('#picture', await picture(ben.page));
      await ben.page.waitForSelector('.waits .picture', {state: 'attached'}); // it was read
      await say(ben.page, 'and behind it');
      await waits(ben.page, 'and behind it');
      await say(ada.page, 'said meanwhile');
      await nothingWaits(ada.page);
    });
    for (const {page} of [ada, ben]) {
      for (const text of ['before', 'written in the dark', 'said meanwhile']) await sees(page, text);
    }
    await sees(ada.page, 'and behind it');
    await ada.page.waitForFunction(() => document.querySelector('img.picture')?.naturalWidth === 8);
    await nothingWaits(ben.page);
    const order = await ada.page.evaluate(() => Array.from(document.querySelectorAll('.message:not(.own)'))
      .map((entry) => entry.querySelector('p')?.textContent || 'picture'));
    assert.deepEqual(order, ['written in the dark', 'picture', 'and behind it']);
    await fits(ada.page);
    await keep('chat', ada, ben);
    await leave(ada, ben);
  },

  async 'a connection that dies without a word is noticed'(browser) {
    const ada = await visit(browser, '/chat?room=void', 'void-ada');
    const ben = await visit(browser, '/chat?room=void', 'void-ben', {hasClock: true});
    for (const {page} of [ada, ben]) {
      await page.fill('#name', 'Whoever');
      await page.press('#name', 'Enter');
      await connected(page);
    }
    await shows(ben.page, '#people-count', '2');
    ben.wire.mute();
    await say(ben.page, 'into the void');
    await waits(ben.page, 'into the void');
    await say(ada.page, 'is anybody there?');
    await nothingWaits(ada.page);
    assert.equal(await ben.page.getAttribute('#state', 'data-state'), 'connected');
    await ben.page.clock.fastForward(40000); // the server's ping is overdue
    await lost(ben.page);
    await ben.wire.release(ben.page);
    for (const {page} of [ada, ben]) {
      await sees(page, 'into the void');
      await sees(page, 'is anybody there?');
    }
    await nothingWaits(ben.page);
    await leave(ada, ben);
  },

  async 'customer service'(browser) {
    const ada = await visit(browser, '/desk', 'desk-ada');
    const ben = await visit(browser, '/visitor', 'visitor-ben');
    await connected(ada.page);
    await connected(ben.page);
    await ben.page.click('#open');
    await say(ben.page, 'Do you have hemp?');
    await ada.page.click('#panel-button');
    await ada.page.locator('#visitors li', {hasText: 'Do you have hemp?'}).click();
    await outage(ben, async () => {
      await say(ben.page, 'Or manila?');
      await waits(ben.page, 'Or manila?');
      await say(ada.page, 'By the mile!');
      await nothingWaits(ada.page);
    });
    await outage(ada, async () => {
      await say(ada.page, 'Both!');
      await waits(ada.page, 'Both!');
      await say(ben.page, 'Hello?');
      await nothingWaits(ben.page);
    });
    for (const {page} of [ada, ben]) {
      for (const text of ['Do you have hemp?', 'Or manila?', 'By the mile!', 'Both!', 'Hello?']) await sees(page, text);
      await nothingWaits(page);
      await fits(page);
    }
    await keep('desk', ada, ben);
    await leave(ada, ben);
  },

  async 'quotes'(browser) {
    const feed = start('demo-feed', '--rate', '200', server.channels);
    const ada = await visit(browser, '/quotes', 'quotes-ada');
    const ben = await visit(browser, '/quotes', 'quotes-ben');
    const all = (page) => page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 20);
    const next = (page, before) => page.waitForFunction((old) =>
      document.getElementById('sent').textContent !== old, before);
    await all(ada.page);
    await all(ben.page);
    await next(ben.page, '–');
    await outage(ben, async () => {
      const before = await ben.page.textContent('#sent');
      await next(ada.page, await ada.page.textContent('#sent'));
      assert.equal(await ben.page.textContent('#sent'), before);
    });
    await next(ben.page, await ben.page.textContent('#sent'));
    await next(ben.page, await ben.page.textContent('#sent'));
    await fits(ada.page);
    await keep('quotes', ada, ben);
    feed.kill('SIGKILL');
    await leave(ada, ben);
  },

  async 'notifications'(browser) {
    const ada = await visit(browser, '/notices', 'notices-ada');
    const ben = await visit(browser, '/notices', 'notices-ben');
    const notice = (page, text) => page.locator('#inbox li', {hasText: text}).first().waitFor();
    for (const [{page}, name] of [[ada, 'ada'], [ben, 'ben']]) {
      await connected(page);
      await page.fill('#user', name);
      await page.press('#user', 'Enter');
      await shows(page, '#inbox-user', name);
    }
    const notify = async (user, text) => {
      const answer = await fetch(server.base + '/api/publish', {
        method: 'POST',
        headers: {'X-API-Key': KEY, 'Content-Type': 'application/json'},
        body: JSON.stringify({channel: 'notices:' + user, data: {text}}),
      });
      assert.equal((await answer.json()).error, undefined);
    };
    await notify('ben', 'the first');
    await notice(ben.page, 'the first'); // it has subscribed
    await ben.page.evaluate(() => document.getElementById('read').click());
    await shows(ben.page, '#unread', '0');
    await outage(ben, async () => {
      for (const user of ['ben', 'ada']) await notify(user, 'while Ben is away');
      await ben.page.fill('#text', 'to himself');
      await ben.page.press('#text', 'Enter');
      await notice(ada.page, 'while Ben is away');
    });
    await notice(ben.page, 'while Ben is away');
    await notice(ben.page, 'to himself');
    assert.equal(await ben.page.locator('#inbox li').count(), 3);
    await shows(ben.page, '#unread', '2'); // what came meanwhile is news
    assert.equal(await ada.page.locator('#inbox li').count(), 1);
    await fits(ada.page);
    await keep('notices', ada, ben);
    await leave(ada, ben);
  },

  async 'live comments'(browser) {
    const ada = await visit(browser, '/live', 'live-ada');
    const ben = await visit(browser, '/live', 'live-ben');
    const said = (page, text) => page.locator('#said li', {hasText: text}).first().waitFor();
    for (const {page} of [ada, ben]) await shows(page, '#viewers', '2');
    await outage(ben, async () => {
      await say(ben.page, 'in the dark');
      await shows(ben.page, '#unsaid', '“in the dark” was not said: not connected.');
      assert.equal(await ben.page.inputValue('#text'), 'in the dark');
      await shows(ada.page, '#viewers', '1');
    });
    await ben.page.press('#text', 'Enter');
    for (const {page} of [ada, ben]) {
      await said(page, 'in the dark');
      await shows(page, '#viewers', '2');
      await fits(page);
    }
    await shows(ben.page, '#unsaid', '');
    await keep('live', ada, ben);
    await leave(ada, ben);
  },

  async 'gomoku'(browser) {
    const ada = await visit(browser, '/gomoku?game=wire', 'gomoku-ada');
    const ben = await visit(browser, '/gomoku?game=wire', 'gomoku-ben');
    const point = (page, x, y) => page.locator('#board .board-row').nth(y).locator('.point').nth(x);
    const stone = (page, x, y, colour) => point(page, x, y).and(page.locator('.' + colour)).waitFor();
    for (const [{page}, name, side] of [[ada, 'Ada', 0], [ben, 'Ben', 1]]) {
      await connected(page);
      await page.fill('#name', name);
      await page.click('#seat-' + side + ' button');
    }
    await shows(ada.page, '#verdict', 'Your move.');
    await outage(ben, async () => {
      await point(ada.page, 7, 7).click();
      await stone(ada.page, 7, 7, 'black');
      await point(ben.page, 8, 8).click();
      await shows(ben.page, '#trouble', 'Not connected: try again when the connection is back.');
    });
    await stone(ben.page, 7, 7, 'black');
    await shows(ben.page, '#verdict', 'Your move.');
    await shows(ben.page, '#trouble', '');
    await point(ben.page, 8, 8).click();
    for (const {page} of [ada, ben]) {
      await stone(page, 8, 8, 'white');
      await fits(page);
    }
    await keep('gomoku', ada, ben);
    await leave(ada, ben);
  },

  async 'shared text'(browser) {
    const ada = await visit(browser, '/edit?sheet=wire', 'edit-ada');
    const ben = await visit(browser, '/edit?sheet=wire', 'edit-ben');
    const has = (page, text) => page.waitForFunction((wanted) =>
      document.getElementById('text').value === wanted, text);
    const writeAt = async (page, place, text) => {
      await page.focus('#text');
      await page.evaluate((at) => document.getElementById('text').setSelectionRange(at, at), place);
      await page.keyboard.type(text);
    };
    for (const {page} of [ada, ben]) await page.waitForSelector('#text:not([disabled])');
    await writeAt(ada.page, 0, 'The ship is late.');
    await has(ben.page, 'The ship is late.');
    await outage(ben, async () => {
      await writeAt(ben.page, 4, 'old ');
      await shows(ben.page, '#saved', 'kept until the connection is back');
      await writeAt(ada.page, 17, ' Ada waits.');
      await shows(ada.page, '#saved', 'all is with the others');
    });
    for (const {page} of [ada, ben]) {
      await has(page, 'The old ship is late. Ada waits.');
      await shows(page, '#saved', 'all is with the others');
      await fits(page);
    }
    await keep('edit', ada, ben);
    await leave(ada, ben);
  },

  async 'devices'(browser) {
    start('demo-devices', '-n', '3', server.channels);
    const ada = await visit(browser, '/devices', 'devices-ada');
    const ben = await visit(browser, '/devices', 'devices-ben');
    const pump = (number) => '#pumps li:nth-child(' + number + ') button';
    const order = (page, command, state) => page.click('[data-command=' + command + ']').then(() =>
      page.waitForSelector('#acknowledgements li:first-child[data-state="' + state + '"]'));
    for (const {page} of [ada, ben]) {
      await page.waitForFunction(() =>
        document.querySelectorAll('.pump[data-state=running]').length === 3);
      await page.click(pump(2));
      await shows(page, '#pump-name', 'pump-02');
    }
    await outage(ben, async () => {
      await order(ben.page, 'stop', 'not sent');
      await order(ada.page, 'stop', 'done');
      await ada.page.waitForSelector(pump(2) + '[data-state=stopped]');
      await ben.page.waitForSelector(pump(2) + '[data-state=running]');
    });
    await ben.page.waitForSelector(pump(2) + '[data-state=stopped]');
    await order(ben.page, 'start', 'done');
    await ada.page.waitForSelector(pump(2) + '[data-state=running]');
    for (const {page} of [ada, ben]) await fits(page);
    await keep('devices', ada, ben);
    await leave(ada, ben);
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

async function picture(page) {
  const png = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 8;
    canvas.getContext('2d').fillRect(0, 0, 8, 8);
    return canvas.toDataURL('image/png').split(',')[1];
  });
  return {name: 'black.png', mimeType: 'image/png', buffer: Buffer.from(png, 'base64')};
}

// A picture of all of a page, when they are asked for.
async function photograph(page, name) {
  const file = path.join(process.argv[3] || '.', 'phone-' + name + '.png');
  if (process.env.PICTURES) await page.screenshot({path: file, fullPage: true});
}

async function keep(name, ada, ben) {
  await photograph(ada.page, name + '-light');
  await photograph(ben.page, name + '-dark');
}

await play(tests, () => {
  rmSync(files, {recursive: true, force: true});
  return server;
});
