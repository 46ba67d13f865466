// SPDX-License-Identifier: MIT
// The quotes: node quotes.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Key, Server, complaints, connected, fitsPhone, lost, open, play, shows, start, weather}
  from './stage.mjs';

let server = await Server.start(0);
let ada;
let ben;

const tests = {
  async 'without a feed the page says how to start one'(browser) {
    ada = await open(browser, server.base + '/quotes', 'ada');
    await connected(ada);
    assert.ok(await ada.isVisible('#empty'));
    assert.equal(await ada.textContent('#command'),
      'hawser demo-feed --rate 10000 ' + server.channels);
    await fitsPhone(ada);
  },

  async 'twenty instruments, in their order, to everybody'(browser) {
    start('demo-feed', '--rate', '5000', server.channels);
    ben = await open(browser, server.base + '/quotes', 'ben',
      {colorScheme: 'dark', viewport: {width: 375, height: 740}});
    for (const page of [ada, ben]) {
      await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 20);
      const names = await page.locator('#rows button').allTextContents();
      assert.deepEqual(names, names.slice().sort());
      assert.ok(!await page.isVisible('#empty'));
    }
    await fitsPhone(ada);
  },

  async 'what was left out is counted'() {
    await ada.waitForFunction(() => {
      const number = (id) => Number(document.getElementById(id).textContent.replace(/\D/g, ''));
      return number('sent') > 5000 && number('published') > number('shown') && number('conflated') > 0;
    });
  },

  async 'another instrument is chosen with the keyboard'() {
    await ada.bringToFront();
    await ada.focus('#rows tr:nth-child(10) button');
    await ada.keyboard.press('Enter');
    await shows(ada, '#chart-symbol', 'HEMP');
    assert.match(await ada.getAttribute('#chart', 'aria-label'), /^Course of HEMP: \d+\.\d\d, [+−]/);
    assert.equal(await ada.locator('#rows [aria-current]').count(), 1);
  },

  async 'feed and page outlast the server'() {
    weather.outage = true;
    await server.end('SIGKILL');
    await lost(ada);
    server = await Server.start(server.port);
    await connected(ada);
    weather.outage = false;
    await ada.waitForFunction((before) => document.getElementById('sent').textContent !== before,
      await ada.textContent('#sent'));
  },

  async 'in Chinese, when asked'() {
    await ben.click('#language');
    await shows(ben, 'h1', '行情');
    assert.equal(await ben.getAttribute('html', 'lang'), 'zh-Hans');
    await ben.click('#language');
    await shows(ben, 'h1', 'Quotes');
  },

  async 'with keys the feed shows a token, and the page says how'(browser) {
    const key = new Key('k'.repeat(32));
    const keyed = await Server.start(0, '--token-key', key.file, '--demo');
    try {
      const cai = await open(browser, keyed.base + '/quotes#token=' + key.token('--user', 'cai'), 'cai');
      await connected(cai);
      assert.equal(await cai.textContent('#command'), 'hawser demo-feed --rate 10000 ' +
        '--token "$(hawser token --token-key secret.key --user feed)" ' + keyed.channels);
      await fitsPhone(cai);
      start('demo-feed', '--rate', '5000', '--token', key.token('--user', 'feed'), keyed.channels);
      await cai.waitForFunction(() => document.querySelectorAll('#rows tr').length === 20);
      await cai.context().close();
    } finally {
      await keyed.end('SIGKILL');
    }
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

await play(tests, () => server);
