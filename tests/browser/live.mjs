// SPDX-License-Identifier: MIT
// The live comments: node live.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Server, complaints, connected, fitsPhone, open, play, shows, start} from './stage.mjs';

const server = await Server.start(0);
let ada;
let ben;

const said = (page, text) => page.locator('#said li', {hasText: text}).first().waitFor();

const tests = {
  async 'viewers are counted'(browser) {
    ada = await open(browser, server.base + '/live', 'ada');
    await connected(ada);
    ben = await open(browser, server.base + '/live', 'ben',
      {colorScheme: 'dark', viewport: {width: 375, height: 740}});
    await shows(ada, '#viewers', '2');
    await shows(ben, '#viewers', '2');
    assert.ok(await ada.isVisible('#empty'));
    await fitsPhone(ada);
  },

  async 'the picture moves'() {
    await ada.waitForFunction(() => {
      const now = document.getElementById('video').toDataURL();
      window.before = window.before || now;
      return now.length > 10000 && now !== window.before;
    });
  },

  async 'a comment flies over every picture, as text'() {
    await ada.fill('#text', 'ahoy <i>there</i>');
    await ada.press('#text', 'Enter');
    for (const page of [ada, ben]) {
      await said(page, 'ahoy <i>there</i>');
      await page.locator('.comment', {hasText: 'ahoy <i>there</i>'}).waitFor();
    }
    await ben.click('.reactions button:first-child');
    await said(ada, '⚓');
  },

  async 'of many only so many fly'() {
    start('bench', '--mode', 'chat', '--channel', 'live:harbour', '-c', '5', '-r', '300',
      '--duration', '60s', '--quiet', server.channels);
    await ada.waitForFunction(() => {
      const number = (id) => Number(document.getElementById(id).textContent.replace(/\D/g, ''));
      window.most = Math.max(window.most || 0, document.querySelectorAll('.comment').length);
      return number('skipped') > 0 && number('rate') > number('frames') && number('viewers') >= 7;
    });
    assert.equal(await ada.evaluate(() => window.most), 40);
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

await play(tests, () => server);
