// SPDX-License-Identifier: MIT
// The desk and its visitors: node desk.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Server, complaints, connected, fitsPhone, lost, open, play, shows, weather}
  from './stage.mjs';

let server = await Server.start(0);
let desk;
let ada;
let ben;

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

async function sees(page, text) {
  const entry = page.locator('#log li', {hasText: text});
  await entry.first().waitFor();
  assert.equal(await entry.count(), 1, 'seen more than once: ' + text);
}

const visitor = (text) => desk.locator('#visitors li', {hasText: text});

const tests = {
  async 'a visitor asks, and nobody is there'(browser) {
    ada = await open(browser, server.base + '/visitor', 'ada');
    await connected(ada);
    await ada.click('#open');
    await shows(ada, '#agent-text', 'nobody is here; write all the same');
    await say(ada, 'Do you have hemp?');
    await sees(ada, 'Do you have hemp?');
    await ada.waitForFunction(() => !document.querySelector('.waits'));
  },

  async 'who comes to the desk finds the question'(browser) {
    desk = await open(browser, server.base + '/desk', 'desk');
    await visitor('Do you have hemp?').waitFor();
    await visitor('Do you have hemp?').locator('.badge', {hasText: '1'}).waitFor();
    await visitor('Do you have hemp?').click();
    await sees(desk, 'Do you have hemp?');
    await shows(desk, '#here-text', 'here');
    await shows(ada, '#agent-text', 'somebody is here');
  },

  async 'they talk, and see each other type'() {
    await desk.type('#text', 'By the');
    await shows(ada, '#typing', 'Desk agent is typing…');
    await say(desk, 'By the mile!');
    await sees(ada, 'By the mile!');
    await shows(ada, '#typing', '');
    await ada.type('#text', 'How');
    await shows(desk, '#typing', /^Visitor \w{4} is typing…$/);
  },

  async 'a second visitor waits beside the first'(browser) {
    ben = await open(browser, server.base + '/visitor', 'ben',
      {colorScheme: 'dark', viewport: {width: 375, height: 740}});
    await connected(ben);
    await ben.click('#open');
    await say(ben, 'And manila?');
    await visitor('And manila?').locator('.badge', {hasText: '1'}).waitFor();
    assert.equal(await desk.locator('#log li', {hasText: 'And manila?'}).count(), 0);
    await visitor('And manila?').click();
    await sees(desk, 'And manila?');
    await say(desk, 'Two colours');
    await sees(ben, 'Two colours');
    assert.equal(await ada.locator('#log li', {hasText: 'Two colours'}).count(), 0);
    await fitsPhone(desk);
    await fitsPhone(ada);
  },

  async 'a closed bubble counts what came, and a reload keeps it all'() {
    await ben.click('#close');
    await say(desk, 'Still there?');
    await shows(ben, '#unread', '1');
    await ben.reload();
    await connected(ben);
    await ben.click('#open');
    await sees(ben, 'And manila?');
    await sees(ben, 'Still there?');
    assert.equal(await ben.locator('.message.own').count(), 1);
  },

  async 'who leaves is seen to leave'() {
    await ben.context().close();
    await shows(desk, '#here-text', 'gone');
    assert.equal(await desk.locator('#visitors .is-here').count(), 1);
  },

  async 'they go on after an outage'() {
    weather.outage = true;
    await server.end('SIGKILL');
    await lost(desk);
    await lost(ada);
    server = await Server.start(server.port);
    await connected(desk);
    await connected(ada);
    weather.outage = false;
    await visitor('Do you have hemp?').or(visitor('By the mile!')).click();
    await say(desk, 'We are back');
    await sees(ada, 'We are back');
    await sees(ada, 'By the mile!');
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

await play(tests, () => server);
