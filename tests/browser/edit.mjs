// SPDX-License-Identifier: MIT
// The shared text: node edit.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Server, complaints, connected, fitsPhone, lost, open, play, shows, weather}
  from './stage.mjs';

let server = await Server.start(0);
let ada;
let ben;

const has = (page, text) => page.waitForFunction((wanted) =>
  document.getElementById('text').value === wanted, text);
const ready = (page) => page.waitForSelector('#text:not([disabled])');
const settled = (page) => shows(page, '#saved', 'all is with the others');

async function writeAt(page, place, text) {
  await page.focus('#text');
  await page.evaluate((at) => document.getElementById('text').setSelectionRange(at, at), place);
  await page.keyboard.type(text);
}

const tests = {
  async 'what one writes, the other reads'(browser) {
    ada = await open(browser, server.base + '/edit', 'ada');
    await ready(ada);
    const address = await ada.textContent('#share');
    assert.match(address, /\/edit\?sheet=\w+$/);
    await writeAt(ada, 0, 'The ship is late.');
    ben = await open(browser, address, 'ben', {colorScheme: 'dark', viewport: {width: 375, height: 740}});
    await has(ben, 'The ship is late.');
    await settled(ada);
  },

  async 'both write at once, in different places'() {
    await Promise.all([writeAt(ada, 17, ' Ada waits.'), writeAt(ben, 4, 'old 👋 ')]);
    const both = 'The old 👋 ship is late. Ada waits.';
    await has(ada, both);
    await has(ben, both);
  },

  // As some keyboards send it, and drivers of Firefox.
  async 'an emoji may come in two halves'() {
    const half = (unit, place) => ben.evaluate(([added, at]) => {
      const field = document.getElementById('text');
      field.setRangeText(added, at, at, 'end');
      field.dispatchEvent(new Event('input'));
    }, [unit, place]);
    await half('\uD83D', 3);
    await writeAt(ada, 0, '> ');
    await settled(ada);
    await half('\uDC4B', 4);
    await has(ada, '> The👋 old 👋 ship is late. Ada waits.');
    await has(ben, '> The👋 old 👋 ship is late. Ada waits.');
    await ben.focus('#text');
    await ben.evaluate(() => document.getElementById('text').setSelectionRange(5, 7));
    await ben.keyboard.press('Delete');
    await half('\uD83D', 0);
    await ben.evaluate(() => document.getElementById('text').dispatchEvent(new Event('change')));
    await ben.evaluate(() => document.getElementById('text').setSelectionRange(0, 2));
    await ben.keyboard.press('Delete');
    await has(ada, 'The old 👋 ship is late. Ada waits.');
    await has(ben, 'The old 👋 ship is late. Ada waits.');
  },

  async 'each sees where the other is'() {
    await ada.fill('#name', 'Ada');
    await ada.press('#name', 'Enter'); // Firefox tells no window of a blur but the active one
    await writeAt(ada, 3, ' very');
    await shows(ben, '.cursor-name', 'Ada');
    await ben.waitForFunction(() =>
      document.querySelector('.cursor').previousSibling.textContent === 'The very');
    await fitsPhone(ada);
  },

  async 'letters that are deleted go everywhere'() {
    await ben.focus('#text');
    await ben.evaluate(() => document.getElementById('text').setSelectionRange(3, 8));
    await ben.keyboard.press('Delete');
    await has(ada, 'The old 👋 ship is late. Ada waits.');
    await settled(ben);
  },

  async 'without a connection both go on, and nothing is lost'() {
    weather.outage = true;
    await server.end('SIGKILL');
    await lost(ada);
    await lost(ben);
    await writeAt(ada, 0, 'A: ');
    await writeAt(ben, 0, 'B: ');
    await ada.evaluate(() => { // more changes than one message holds
      const field = document.getElementById('text');
      for (let i = 0; i < 1000; i++) {
        field.value = i % 10 + field.value;
        field.dispatchEvent(new Event('input'));
      }
    });
    await shows(ada, '#saved', 'kept until the connection is back');
    server = await Server.start(server.port);
    await connected(ada);
    await connected(ben);
    weather.outage = false;
    await settled(ada);
    await settled(ben);
    await ada.waitForFunction(() => /A: /.test(document.getElementById('text').value) &&
      /B: /.test(document.getElementById('text').value));
    const text = await ada.inputValue('#text');
    assert.ok(text.endsWith('The old 👋 ship is late. Ada waits.'), text);
    await has(ben, text);
  },

  async 'who comes later reads it all, of a server that had forgotten it'(browser) {
    const cai = await open(browser, await ada.textContent('#share'), 'cai');
    await has(cai, await ada.inputValue('#text'));
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

await play(tests, () => server);
