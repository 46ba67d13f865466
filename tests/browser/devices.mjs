// SPDX-License-Identifier: MIT
// The devices: node devices.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Key, Server, complaints, connected, fitsPhone, lost, open, play, shows, start, weather}
  from './stage.mjs';

let server = await Server.start(0);
let ada;
let ben;

const pump = (number) => '#pumps li:nth-child(' + number + ') button';
const isIn = (page, number, state) => page.waitForSelector(pump(number) + '[data-state=' + state + ']');

async function answered(page, text) {
  const line = page.locator('#acknowledgements li[data-state=done]', {hasText: text});
  await line.first().waitFor();
}

const tests = {
  async 'without devices the page says how to start them'(browser) {
    ada = await open(browser, server.base + '/devices', 'ada');
    await connected(ada);
    assert.ok(await ada.isVisible('#empty'));
    assert.equal(await ada.textContent('#command'), 'hawser demo-devices ' + server.channels);
  },

  async 'twenty come, and measure'(browser) {
    start('demo-devices', server.channels);
    ben = await open(browser, server.base + '/devices', 'ben',
      {colorScheme: 'dark', viewport: {width: 375, height: 740}});
    for (const page of [ada, ben]) {
      await page.waitForFunction(() =>
        document.querySelectorAll('.pump[data-state=running]').length === 20);
      await shows(page, pump(7) + ' strong', /^\d+$/);
    }
    await fitsPhone(ada);
  },

  async 'a command is acknowledged, and obeyed, and the others see it'() {
    await ada.click(pump(7));
    await shows(ada, '#pump-name', 'pump-07');
    await ada.click('[data-command=stop]');
    await answered(ada, 'pump-07: Stop');
    await isIn(ben, 7, 'stopped');
    await ada.fill('#wanted', '3000');
    await ada.click('#commands [type=submit]');
    await answered(ada, 'pump-07: Set speed 3000');
    await ada.click('[data-command=start]');
    await isIn(ben, 7, 'running');
    await ben.waitForFunction((where) => Number(document.querySelector(where).textContent) > 2500,
      pump(7) + ' strong');
  },

  async 'one dies, is missed, and comes back'() {
    await ben.click(pump(3));
    const missed = Promise.all([ // all at once: it does not stay away for long
      answered(ben, 'pump-03: Cut its connection'), isIn(ada, 3, 'gone'), isIn(ben, 3, 'gone'),
      shows(ben, pump(3) + ' .pump-note', /^last seen \d+ s ago$/),
    ]);
    await ben.click('[data-command=die]');
    await missed;
    await isIn(ada, 3, 'running');
  },

  async 'all outlast the server'() {
    weather.outage = true;
    await server.end('SIGKILL');
    await lost(ada);
    server = await Server.start(server.port);
    await connected(ada);
    weather.outage = false;
    await ada.waitForFunction(() =>
      document.querySelectorAll('.pump[data-state=running]').length === 20);
    await ada.click('[data-command=stop]');
    await isIn(ada, 7, 'stopped');
  },

  async 'with keys the pumps share a token, and each is still itself'(browser) {
    const key = new Key('k'.repeat(32));
    const keyed = await Server.start(0, '--token-key', key.file, '--demo');
    try {
      const cai = await open(browser, keyed.base + '/devices#token=' + key.token('--user', 'cai'), 'cai');
      await connected(cai);
      assert.equal(await cai.textContent('#command'), 'hawser demo-devices ' +
        '--token "$(hawser token --token-key secret.key --user pumps)" ' + keyed.channels);
      await fitsPhone(cai);
      const shared = key.token('--user', 'pumps', '--info', '{"name":"Pumps"}');
      start('demo-devices', '-n', '5', '--token', shared, keyed.channels);
      await cai.waitForFunction(() => document.querySelectorAll('.pump[data-state=running]').length === 5);
      await cai.click(pump(4));
      await cai.click('[data-command=die]');
      await answered(cai, 'pump-04: Cut its connection');
      await isIn(cai, 4, 'gone');
      await isIn(cai, 4, 'running');
      assert.equal(await cai.locator('.pump').count(), 5);
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
