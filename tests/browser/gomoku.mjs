// SPDX-License-Identifier: MIT
// The game: node gomoku.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {Server, complaints, connected, fitsPhone, open, play, shows} from './stage.mjs';

const server = await Server.start(0);
let ada;
let ben;
let cai;

const point = (page, x, y) => page.locator('#board .board-row').nth(y).locator('.point').nth(x);

async function move(page, x, y) {
  await point(page, x, y).click();
  await point(page, x, y).and(page.locator('.last')).waitFor();
}

async function sit(page, name, side) {
  await page.fill('#name', name);
  await page.click('#seat-' + side + ' button');
}

const tests = {
  async 'two sit down, a third watches'(browser) {
    ada = await open(browser, server.base + '/gomoku', 'ada');
    await shows(ada, '#verdict', 'Two seats are free. Take one.');
    const address = await ada.textContent('#share');
    assert.match(address, /\/gomoku\?game=\w+$/);
    ben = await open(browser, address, 'ben', {colorScheme: 'dark', viewport: {width: 375, height: 740}});
    cai = await open(browser, address, 'cai');
    await sit(ada, 'Ada', 0);
    await shows(ada, '#verdict', 'Waiting for another player.');
    await shows(ben, '#verdict', 'A seat is free. Take it.');
    await sit(ben, 'Ben', 1);
    await shows(ada, '#verdict', 'Your move.');
    await shows(ben, '#verdict', 'Ada is to move.');
    await shows(cai, '#verdict', 'Ada is to move.');
    await shows(cai, '#watchers', '3');
  },

  async 'a move is seen by all, and no other is possible'() {
    await move(ada, 7, 7);
    for (const page of [ben, cai]) {
      await shows(page, '#verdict', page === ben ? 'Your move.' : 'Ben is to move.');
      assert.equal(await point(page, 7, 7).getAttribute('aria-label'), 'H8, black');
    }
    await ada.click('#board .board-row:nth-child(1) .point:nth-child(1)');
    await shows(ada, '#trouble', 'Not your turn.');
    await point(ben, 7, 7).click();
    await shows(ben, '#trouble', 'That point is taken.');
    await point(cai, 3, 3).click();
    await shows(cai, '#trouble', 'not a player of this game');
  },

  async 'with the keyboard'() {
    await ben.bringToFront();
    await point(ben, 7, 7).focus();
    await ben.keyboard.press('ArrowDown');
    await ben.keyboard.press('Enter');
    await point(ada, 7, 8).and(ada.locator('.white')).waitFor();
    assert.equal(await point(ben, 7, 8).getAttribute('tabindex'), '0');
  },

  async 'who comes back plays on'() {
    await move(ada, 8, 7);
    await ben.reload();
    await connected(ben);
    await shows(ben, '#verdict', 'Your move.');
    await move(ben, 8, 8);
    await shows(ada, '#verdict', 'Your move.');
    await fitsPhone(ada);
  },

  async 'five in a row win'() {
    for (const x of [9, 10]) {
      await move(ada, x, 7);
      await shows(ben, '#verdict', 'Your move.');
      await move(ben, x, 8);
      await shows(ada, '#verdict', 'Your move.');
    }
    await move(ada, 11, 7);
    await shows(ada, '#verdict', 'You have won!');
    await shows(ben, '#verdict', 'Ada has won.');
    await shows(cai, '#verdict', 'Ada has won.');
    assert.equal(await cai.locator('.wins').count(), 5);
  },

  async 'again, with sides changed, and one gives up'() {
    await ben.click('#again');
    await shows(ben, '#verdict', 'Your move.');
    await shows(ada, '#verdict', 'Ben is to move.');
    await ada.click('#resign');
    await shows(cai, '#verdict', 'Ben has won: the other resigned.');
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

await play(tests, () => server);
