// SPDX-License-Identifier: MIT
// What keeps a visitor out, and what lets in: node gate.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {networkInterfaces} from 'node:os';
import {Key, Server, complaints, connected, fitsPhone, open, play, shows} from './stage.mjs';

const key = new Key('k'.repeat(32));
const otherKey = new Key('o'.repeat(32));

// The command makes none that is of no use.
function expired() {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = encode({alg: 'HS256'}) + '.' + encode({sub: 'ben', exp: 1700000000});
  return text + '.' + createHmac('sha256', 'k'.repeat(32)).update(text).digest('base64url');
}

let server = await Server.start(0, '--token-key', key.file, '--demo');
let ada;
let ben;

const kept = (page) => page.evaluate(() => sessionStorage.getItem('hawser.token'));
const phone = {viewport: {width: 390, height: 740}};

const tests = {
  async 'without a token the page says what is missing'(browser) {
    ada = await open(browser, server.base + '/quotes', 'ada', phone);
    await shows(ada, '#gate strong', 'This server lets in only who shows a token.');
    await shows(ada, '#gate code', /^hawser token --token-key \S+ --user \S+$/);
    await ada.waitForSelector('#state[data-state=ended][data-code="3500"]');
    await fitsPhone(ada);
  },

  async 'what is no token stays outside, and so does one that another key has signed'() {
    await ada.fill('#token', 'open sesame');
    await ada.press('#token', 'Enter');
    await ada.waitForSelector('#token[aria-invalid=true]');
    assert.equal(await kept(ada), null);
    await ada.fill('#token', otherKey.token('--user', 'ada'));
    await ada.press('#token', 'Enter');
    await shows(ada, '#gate strong', 'The token is not good for this server.');
  },

  async 'a good one lets in, and on to the next page, and is in no address'() {
    await ada.fill('#token', key.token('--user', 'ada', '--info', '{"name":"Ada"}'));
    await ada.press('#token', 'Enter');
    await connected(ada);
    assert.equal(await ada.locator('#gate').count(), 0);
    await ada.goto(server.base + '/chat');
    await ada.fill('#name', 'Somebody else');
    await ada.press('#name', 'Enter');
    await connected(ada);
    await shows(ada, '#people .name', 'Ada');
  },

  async 'one behind the address lets in, and goes from there'(browser) {
    ben = await open(browser, server.base + '/chat?room=mole#token=' + key.token('--user', 'ben'), 'ben', phone);
    await ben.fill('#name', 'Whoever');
    await ben.press('#name', 'Enter');
    await connected(ben);
    assert.equal(new URL(ben.url()).search + new URL(ben.url()).hash, '?room=mole');
    assert.match(await kept(ben), /^[\w-]+\.[\w-]+\.[\w-]+$/);
    await shows(ben, '#people .name', 'ben'); // what the server knows him as
    await ben.reload();
    await connected(ben);
  },

  async 'another comes with another address'() {
    await ben.evaluate((next) => {
      location.hash = 'token=' + next;
    }, key.token('--user', 'cai'));
    await shows(ben, '#people .name', 'cai');
    assert.equal(new URL(ben.url()).hash, '');
  },

  async 'they may do what the pages do'() {
    await ada.goto(server.base + '/chat?room=mole');
    await connected(ada);
    await ada.locator('#people .name', {hasText: 'cai'}).waitFor({state: 'attached'});
    await ada.fill('#text', 'let in');
    await ada.press('#text', 'Enter');
    await ben.locator('#log li', {hasText: 'let in'}).waitFor();
    assert.equal(await ben.locator('.message .who').textContent(), 'Ada');
  },

  async 'an expired one is told from a wrong one'() {
    await ben.evaluate((old) => {
      location.hash = 'token=' + old;
    }, expired());
    await shows(ben, '#gate strong', 'The token has expired.');
  },

  async 'where no WebSocket passes, it is the same'(browser) {
    const dai = await open(browser, server.base + '/live', 'dai', {...phone, hasNoWebSocket: true});
    await shows(dai, '#gate strong', 'This server lets in only who shows a token.');
    await dai.fill('#token', key.token('--user', 'dai'));
    await dai.press('#token', 'Enter');
    await connected(dai);
    assert.equal(await dai.locator('#gate').count(), 0);
    await dai.context().close();
  },

  async 'another machine learns that the channels are not for it'(browser) {
    const address = Object.values(networkInterfaces()).flat()
      .find((each) => each.family === 'IPv4' && !each.internal)?.address;
    if (!address) return; // there is no way in from outside
    const local = await Server.start(0, '--listen', 'http://' + address + ':0');
    try {
      const page = await open(browser, local.others[0] + '/live', 'eve', phone);
      await shows(page, '#gate strong', 'The channels of this server are for its own machine alone.');
      await shows(page, '#gate code', /^hawser serve .*--token-key/);
      await page.context().close();
    } finally {
      await local.end('SIGTERM');
    }
  },

  async 'a server without the channels of the pages says so'(browser) {
    await server.end('SIGTERM');
    server = await Server.start(0, '--token-key', key.file);
    const cai = await open(browser, server.base + '/live#token=' + key.token('--user', 'cai'), 'cai', phone);
    await shows(cai, '#gate strong', /^This server does not have the channels of this page: /);
    await shows(cai, '#gate code', /^hawser serve --demo/);
    await cai.waitForSelector('#state[data-state=connected]');
  },

  async 'no errors, and nothing that the policy had to block'() {
    // Of the servers that were left, and of the one that is for its own machine.
    const expected = /WebSocket connection to .* failed|status of 403/;
    assert.deepEqual(complaints.filter((text) => !expected.test(text)), []);
  },
};

await play(tests, () => server);
