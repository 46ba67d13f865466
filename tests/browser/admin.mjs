// SPDX-License-Identifier: MIT
// The admin page: node admin.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Server, complaints, connected, fitsPhone, lost, open, play, shows, start, weather}
  from './stage.mjs';

const TOKEN = 'an admin token that only this test knows';
const files = mkdtempSync(path.join(tmpdir(), 'hawser-admin-'));
const tokenFile = path.join(files, 'admin.token');
writeFileSync(tokenFile, TOKEN + '\n');
const admin = (port) => ['--admin-token', tokenFile, '--admin-listen', 'http://localhost:' + port];
let server = await Server.start(0, ...admin(0));
let ada;
let ben;
let chat;

async function comeIn(page, token = TOKEN) {
  await page.fill('#token', token);
  await page.press('#token', 'Enter');
}

const isIn = (page) => page.waitForSelector('#board:not([hidden])');
const isOut = (page) => page.waitForSelector('#login:not([hidden])');
const topRow = (page, name) => page.locator('#top tr', {has: page.locator('button', {hasText: name})});

const tests = {
  async 'a wrong token is refused in words'(browser) {
    ada = await open(browser, server.admin + '/admin', 'ada');
    assert.ok(!await ada.isVisible('#board'));
    assert.equal(await ada.evaluate(() => document.activeElement.id), 'token');
    await comeIn(ada, 'not the token at all');
    await shows(ada, '#login-error', 'That is not the token.');
    await fitsPhone(ada);
  },

  async 'the right one shows what there is'(browser) {
    await comeIn(ada);
    await isIn(ada);
    await connected(ada);
    assert.ok(!await ada.isVisible('#login'));
    assert.equal(await ada.inputValue('#token'), '');
    await shows(ada, '#node', /hawser|\d+\.\d+\.\d+ · \w+ · pid \d+ · up \d+/);
    await shows(ada, '[data-figure=clients]', '0');
    assert.ok(!(await ada.evaluate(() => location.href)).includes(TOKEN));
    assert.equal(await ada.evaluate(() => JSON.stringify([localStorage, sessionStorage])), '[{},{}]');

    start('demo-devices', server.channels);
    chat = await open(browser, server.base + '/chat', 'chat');
    await chat.fill('#name', 'Cleo');
    await chat.press('#name', 'Enter');
    await connected(chat);
    await shows(ada, '[data-figure=clients]', '21');
    await topRow(ada, 'devices:here').waitFor();
    await ada.waitForFunction(() => Number(document.getElementById('rate-publications').textContent) > 0);
    await fitsPhone(ada);
  },

  async 'a phone in the dark, in Chinese'(browser) {
    ben = await open(browser, server.admin + '/admin', 'ben',
      {colorScheme: 'dark', viewport: {width: 375, height: 740}, locale: 'zh-CN'});
    await shows(ben, '.title', '管理');
    await comeIn(ben);
    await isIn(ben);
    await shows(ben, '[data-figure=clients]', '21');
    await shows(ben, '#rates figcaption', /^收到的消息/);
    // The minutes before are there for who comes later.
    await ben.waitForFunction(() =>
      document.querySelector('#rates path.line').getAttribute('d').split('L').length > 3);
    await fitsPhone(ben);
  },

  async 'one channel: who is there, what was said, and a word to all'() {
    const room = (await chat.textContent('#room-title')).trim();
    await ada.fill('#channel', 'chat:' + room);
    await ada.press('#channel', 'Enter');
    await shows(ada, '#present-count', '1');
    await shows(ada, '#present li', 'Cleo');
    await ada.fill('#data', '{"text": "all hands"');
    await ada.click('#publish [type=submit]');
    await shows(ada, '#published', 'That is no JSON.');
    await ada.fill('#data', '{"text": "all hands"}');
    await ada.click('#publish [type=submit]');
    await shows(ada, '#published', /^published, at \d+$/);
    await shows(ada, '#history li', /all hands/);
    await ada.bringToFront();
    await topRow(ada, 'devices:pump-01').locator('button').press('Enter'); // by the keyboard
    await ada.waitForFunction(() => document.getElementById('channel').value === 'devices:pump-01');
    await ada.fill('#channel', 'no:where');
    await ada.press('#channel', 'Enter');
    await shows(ada, '#present-problem', 'unknown channel (102)');
  },

  async 'a user is disconnected, after a question'() {
    let question = '';
    ada.once('dialog', (dialog) => {
      question = dialog.message();
      dialog.accept();
    });
    await ada.fill('#user', 'ada');
    await ada.press('#user', 'Enter');
    await shows(ada, '#disconnected', 'ada was disconnected');
    assert.equal(question, 'Disconnect ada, everywhere?');
    assert.equal(await ada.inputValue('#user'), '');
  },

  async 'everything has a name for who cannot see it'() {
    const nameless = await ada.evaluate(() =>
      Array.from(document.querySelectorAll('button, input, textarea, select, [role=region]'))
        .filter((each) => !each.textContent.trim() && !each.getAttribute('aria-label') &&
          !each.getAttribute('aria-labelledby') && !(each.labels && each.labels.length))
        .map((each) => each.outerHTML));
    assert.deepEqual(nameless, []);
  },

  async 'it outlasts the server, and is out when the token is another'() {
    weather.outage = true;
    await server.end('SIGKILL');
    await lost(ada);
    server = await Server.start(server.port, ...admin(new URL(server.admin).port));
    await connected(ada);
    await shows(ada, '[data-figure=websockets]', /^\d+$/);
    await server.end('SIGKILL');
    writeFileSync(tokenFile, TOKEN + ', another one\n');
    server = await Server.start(server.port, ...admin(new URL(server.admin).port));
    await isOut(ada);
    await shows(ada, '#login-error', 'That is not the token.');
    weather.outage = false;
    await comeIn(ada, TOKEN + ', another one');
    await isIn(ada);
    await comeIn(ben, TOKEN + ', another one');
    await isIn(ben);
    await topRow(ben, 'devices:here').waitFor();
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
    assert.ok(!complaints.join().includes(TOKEN));
  },
};

await play(tests, () => {
  rmSync(files, {recursive: true, force: true});
  return server;
});
