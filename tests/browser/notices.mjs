// SPDX-License-Identifier: MIT
// The notifications: node notices.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Server, complaints, connected, fitsPhone, open, play, shows} from './stage.mjs';

const KEY = 'a key that only this test knows';
const files = mkdtempSync(path.join(tmpdir(), 'hawser-notices-'));
writeFileSync(path.join(files, 'api.key'), KEY + '\n');
const server = await Server.start(0, '--api-key', path.join(files, 'api.key'));
let ada;
let ben;

async function publish(user, text) {
  const answer = await fetch(server.base + '/api/publish', {
    method: 'POST',
    headers: {'X-API-Key': KEY, 'Content-Type': 'application/json'},
    body: JSON.stringify({channel: 'notices:' + user, data: {text}}),
  });
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).error, undefined);
}

async function become(page, user) {
  await page.fill('#user', user);
  await page.press('#user', 'Enter');
  await shows(page, '#inbox-user', user);
}

const notice = (page, text) => page.locator('#inbox li', {hasText: text}).waitFor();

const tests = {
  async 'the page says how'(browser) {
    ada = await open(browser, server.base + '/notices', 'ada');
    await connected(ada);
    await become(ada, 'ada');
    const curl = await ada.textContent('#curl');
    assert.ok(curl.startsWith('curl ' + server.base + '/api/publish'), curl);
    assert.ok(curl.includes('"channel":"notices:ada"'), curl);
    assert.ok(!await ada.isVisible('#no-api'));
    assert.ok(await ada.isVisible('#empty'));
    await fitsPhone(ada);
  },

  async 'what a back end sends, one person gets'(browser) {
    ben = await open(browser, server.base + '/notices', 'ben',
      {colorScheme: 'dark', viewport: {width: 375, height: 740}});
    await connected(ben);
    await become(ben, 'ben');
    await publish('ada', 'for Ada alone');
    await notice(ada, 'for Ada alone');
    await publish('ben', 'for Ben <b>alone</b>');
    await notice(ben, 'for Ben <b>alone</b>');
    assert.equal(await ben.locator('#inbox li').count(), 1);
    await shows(ada, '#unread', '1');
    await ada.click('#read');
    await ada.waitForSelector('#unread', {state: 'hidden'});
  },

  async 'what is sent while the page is closed waits'() {
    await ada.goto('about:blank');
    await publish('ada', 'while you were away');
    await ada.goto(server.base + '/notices');
    await notice(ada, 'while you were away');
    await notice(ada, 'for Ada alone');
    assert.equal(await ada.textContent('#inbox li:first-child p'), 'while you were away');
  },

  async 'the page can notify as well'() {
    await ben.fill('#text', 'from me to me');
    await ben.press('#text', 'Enter');
    await notice(ben, 'from me to me');
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

await play(tests, () => {
  rmSync(files, {recursive: true});
  return server;
});
