// SPDX-License-Identifier: MIT
// The live comments: node live.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Server, complaints, connected, fitsPhone, open, play, shows, start} from './stage.mjs';

const server = await Server.start(0);
let ada;
let ben;
let load;

const said = (page, text) => page.locator('#said li', {hasText: text}).first().waitFor();

// A comment may have flown by before anybody looks.
function watchSky() {
  const sky = document.getElementById('sky');
  window.flown = [];
  window.most = 0;
  new MutationObserver((changes) => {
    for (const {addedNodes} of changes) window.flown.push(...Array.from(addedNodes, (each) => each.textContent));
    window.most = Math.max(window.most, sky.childElementCount);
  }).observe(sky, {childList: true});
}

// What the server says to another call of a crowd.
const second = (page, data) => page.evaluate(async (what) => {
  const {Channels} = await import('/hawser/channels.js');
  const channels = new Channels(location.origin.replace('http', 'ws') + '/connection/websocket', {});
  await new Promise((done) => {
    channels.onstate = (state) => state === 'connected' && done();
    channels.open();
  });
  const answer = await channels.rpc('crowd.start', what).catch(({code, message}) => ({code, message}));
  channels.close();
  return answer;
}, data);

const tests = {
  async 'viewers are counted'(browser) {
    ada = await open(browser, server.base + '/live', 'ada');
    await connected(ada);
    ben = await open(browser, server.base + '/live', 'ben',
      {colorScheme: 'dark', viewport: {width: 375, height: 740}});
    await shows(ada, '#viewers', '2');
    await shows(ben, '#viewers', '2');
    await ada.evaluate(watchSky);
    await ben.evaluate(watchSky);
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
      await page.waitForFunction(() => window.flown.includes('ahoy <i>there</i>'));
    }
    await ben.click('.reactions button:first-child');
    await said(ada, '⚓');
  },

  async 'of many only so many fly'() {
    load = start('bench', '--mode', 'chat', '--channel', 'live:harbour', '-c', '5', '-r', '300',
      '--duration', '10m', '--quiet', server.channels);
    await ada.waitForFunction(() => {
      const number = (id) => Number(document.getElementById(id).textContent.replace(/\D/g, ''));
      return number('skipped') > 0 && number('rate') > number('frames') && number('viewers') >= 7;
    });
    assert.equal(await ada.evaluate(() => window.most), 40);
  },

  async 'a crowd comes at the push of a button, and can be sent home'() {
    load.kill('SIGKILL');
    await shows(ada, '#viewers', '2');
    await ada.evaluate(() => { document.querySelector('[data-count="100"]').dataset.seconds = '600'; });
    await ada.click('[data-count="100"]');
    await shows(ada, '#crowd-state', '100 have been called.');
    await shows(ada, '#viewers', '103'); // one of them speaks
    assert.ok(await ada.isDisabled('[data-count="10000"]'));
    const refused = await second(ben, {count: 5});
    assert.deepEqual(refused, {code: 409, message: 'a crowd of 100 is here already'});
    await ada.waitForFunction(() => Number(document.getElementById('rate').textContent) > 0);
    await ada.click('#home');
    await shows(ada, '#viewers', '2');
    await ada.waitForSelector('#home', {state: 'hidden'});
    await shows(ada, '#crowd-state', '');
    assert.ok(await ada.isEnabled('[data-count="10000"]'));
  },

  async 'one that cannot be is refused with its reason'() {
    for (const [count, seconds] of [[0, 60], [10001, 60], [-1, 60], ['x', 60], [1.5, 60], [1, 0], [1, 601], [1, '1']]) {
      assert.equal((await second(ada, {count, seconds})).code, 400);
    }
    await ada.evaluate(() => { document.querySelector('[data-count="100"]').dataset.count = '10001'; });
    await ada.click('[data-count="10001"]');
    await shows(ada, '#crowd-state', 'No crowd: 1 to 10000 viewers may be called, for 1 to 600 s.');
  },

  async 'on a server for others there is none'(browser) {
    const other = await Server.start(0, '--anonymous');
    try {
      const cai = await open(browser, other.base + '/live', 'cai', {viewport: {width: 375, height: 740}});
      await connected(cai);
      await shows(cai, '#crowd-state',
        'No crowd: a crowd is for development: without keys, and for this machine alone.');
      await cai.waitForSelector('#calls', {state: 'hidden'});
      await cai.context().close();
    } finally {
      await other.end('SIGTERM');
    }
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

await play(tests, () => server);
