// SPDX-License-Identifier: MIT
// The pages in a real browser: node chat.mjs HAWSER FOLDER
//
// HAWSER is the command to test; FOLDER is where pictures of the pages go when a test fails.  The
// output is TAP.  The browser is Debian's chromium, or the one that $CHROMIUM names.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

const WAIT_MS = 15000; // for anything: no test measures time
const [hawser, folder] = process.argv.slice(2);
const executable = process.env.CHROMIUM || '/usr/bin/chromium';

function skip(reason) {
  console.log('1..0 # SKIP ' + reason);
  process.exit(0);
}

const {chromium} = await import('playwright-core').catch(() => ({}));
if (!chromium) skip('playwright-core is missing: run npm ci in tests/browser');
if (!existsSync(executable)) skip(executable + ' is missing: install the package chromium');

// ---- The server ---------------------------------------------------------------------------------

class Server {
  static async start(port) {
    const server = new Server();
    server.process = spawn(hawser, ['serve', '--listen', 'http://localhost:' + port],
      {stdio: ['ignore', 'pipe', 'inherit']});
    server.exit = once(server.process, 'exit');
    let text = '';
    server.process.stdout.on('data', (chunk) => {
      text += chunk;
      const page = /page\s+(http:\S+:(\d+))\//.exec(text);
      if (!page || !/channels\s+\S+\n/.test(text)) return;
      server.base = page[1];
      server.port = page[2];
      server.process.emit('listening');
    });
    await Promise.race([once(server.process, 'listening'), server.exit]);
    if (!server.base) throw new Error('the server did not start: ' + text);
    return server;
  }

  async end(signal) {
    this.process.kill(signal);
    const [status] = await this.exit;
    return status;
  }
}

// ---- The pages ----------------------------------------------------------------------------------

// What a page must never do; a lost connection is in the console as well, where one is expected.
const complaints = [];
let outage = false;

async function open(browser, address) {
  const context = await browser.newContext({viewport: {width: 900, height: 700}});
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on('pageerror', (error) => complaints.push('exception: ' + error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (outage && /WebSocket connection to .* failed/.test(message.text())) return;
    complaints.push(message.type() + ': ' + message.text());
  });
  await page.exposeFunction('complain', (text) => complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.complain('policy: ' + event.violatedDirective + ' ' + event.blockedURI);
    });
  });
  await page.goto(address);
  return page;
}

async function comeAboard(page, name) {
  await page.fill('#name', name);
  await page.press('#name', 'Enter');
  await connected(page);
}

const connected = (page) => page.waitForSelector('#state[data-state=connected]');
const lost = (page) => page.waitForSelector('#state[data-state=waiting], #state[data-state=connecting]');

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

// Waits until the log has that text, once.
async function sees(page, text) {
  const entry = page.locator('#log li', {hasText: text});
  await entry.first().waitFor();
  assert.equal(await entry.count(), 1, 'seen more than once: ' + text);
}

async function present(page, names) {
  await page.waitForFunction((expected) => {
    const items = Array.from(document.querySelectorAll('#people .name'), (item) => item.textContent);
    return JSON.stringify(items) === expected;
  }, JSON.stringify(names));
  assert.equal(await page.textContent('#people-count'), String(names.length));
}

async function goTo(page, room) {
  await page.fill('#room-input', room);
  await page.press('#room-input', 'Enter');
  await page.waitForFunction((name) => document.getElementById('room-title').textContent === name, room);
}

// ---- The tests, in order: each begins where the one before ended ---------------------------------

let server;
let ada;
let ben;
let start;

const tests = {
  async 'two people come in, and each sees who is here'(browser) {
    ada = await open(browser, server.base + '/chat');
    await comeAboard(ada, 'Ada');
    await present(ada, ['Ada']);
    ben = await open(browser, server.base + '/chat');
    await comeAboard(ben, 'Ben');
    await present(ada, ['Ada', 'Ben']);
    await present(ben, ['Ada', 'Ben']);
    await sees(ada, 'Ben came in');
  },

  async 'they talk, both ways'() {
    await say(ada, 'ahoy from Ada');
    await sees(ben, 'ahoy from Ada');
    await say(ben, 'ahoy from Ben 👋');
    await sees(ada, 'ahoy from Ben 👋');
    await sees(ada, 'ahoy from Ada');
    await ada.waitForFunction(() => !document.querySelector('.waits'));
    assert.equal(await ada.locator('.message.own').count(), 1);
    assert.equal(await ben.locator('.message:not(.own) .who').textContent(), 'Ada');
  },

  async 'what they write is text, never markup'() {
    const text = '<img src=x onerror=alert(1)> & <b>bold</b>';
    await say(ada, text);
    await sees(ben, text);
    assert.equal(await ben.locator('#log img, #log b').count(), 0);
  },

  async 'lines, long words and empty messages'() {
    await ada.fill('#text', 'two');
    await ada.press('#text', 'Shift+Enter');
    await ada.type('#text', 'lines ' + 'x'.repeat(400));
    await ada.press('#text', 'Enter');
    await sees(ben, 'two\nlines');
    const before = await ada.locator('.message').count();
    await say(ada, '   ');
    assert.equal(await ada.locator('.message').count(), before);
    await ben.setViewportSize({width: 320, height: 560});
    assert.ok(await ben.evaluate(() => document.documentElement.scrollWidth <= 320), 'too wide');
    await ben.setViewportSize({width: 900, height: 700});
  },

  async 'another room does not hear them'() {
    await goTo(ben, 'mole');
    assert.ok(ben.url().endsWith('?room=mole'));
    await sees(ada, 'Ben left');
    await present(ada, ['Ada']);
    await say(ada, 'only for the harbour');
    await sees(ada, 'only for the harbour');
    await say(ben, 'only for the mole');
    await ben.waitForFunction(() => !document.querySelector('.waits'));
    assert.equal(await ben.locator('#log li', {hasText: 'only for the harbour'}).count(), 0);
    assert.equal(await ada.locator('#log li', {hasText: 'only for the mole'}).count(), 0);
  },

  async 'back leads to the room before'() {
    await ben.goBack();
    await present(ada, ['Ada', 'Ben']);
    await say(ada, 'welcome back');
    await sees(ben, 'welcome back');
  },

  async 'a name is remembered, and can be changed'() {
    await ben.reload();
    await connected(ben);
    await present(ben, ['Ada', 'Ben']);
    await ben.click('#rename');
    await comeAboard(ben, 'Benjamin');
    await present(ada, ['Ada', 'Benjamin']);
  },

  async 'the start page tells the addresses, and echoes'(browser) {
    start = await open(browser, server.base + '/');
    await start.waitForSelector('#echo-state[data-state=connected]');
    assert.equal(await start.textContent('#echo-url'), server.base.replace('http', 'ws') + '/echo');
    await start.fill('#echo-text', 'round and back ⚓');
    await start.click('#echo-form button[type=submit]');
    await start.locator('#echoes li', {hasText: 'round and back ⚓'}).waitFor();
    await start.click('#many');
    await start.locator('#echoes li', {hasText: '100 ×'}).waitFor();
    assert.equal(await start.textContent('#sample-count'), '101');
    assert.match(await start.textContent('#median'), /^\d+(\.\d)? ms$/);
  },

  async 'the server is killed: the pages say so, and keep what is written'() {
    outage = true;
    await server.end('SIGKILL');
    await lost(ada);
    await lost(ben);
    await present(ada, []);
    await say(ada, 'written in the dark');
    assert.equal(await ada.locator('.waits', {hasText: 'written in the dark'}).count(), 1);
    await ada.waitForSelector('#state[data-state=waiting]');
    assert.match(await ada.textContent('#state'), /reconnecting\s+in \d+ s/);
  },

  async 'it comes back on the same port: they talk again, without a reload'() {
    server = await Server.start(server.port);
    await connected(ada);
    await connected(ben);
    outage = false;
    await present(ada, ['Ada', 'Benjamin']);
    await present(ben, ['Ada', 'Benjamin']);
    await sees(ada, 'written in the dark');
    await ada.waitForFunction(() => !document.querySelector('.waits'));
    await say(ben, 'there you are');
    await sees(ada, 'there you are');
    await say(ada, 'here I am');
    await sees(ben, 'here I am');
  },

  async 'who leaves is seen to leave'() {
    await ben.context().close();
    await sees(ada, 'Benjamin left');
    await present(ada, ['Ada']);
  },

  async 'SIGTERM: every page is closed with 1001, and the server exits with 0'() {
    await start.click('#echo-form button[type=submit]'); // the kill had ended its connection
    await start.waitForSelector('#echo-state[data-state=connected]');
    outage = true;
    assert.equal(await server.end('SIGTERM'), 0);
    await ada.waitForSelector('#state[data-code="1001"]');
    await start.waitForSelector('#echo-state[data-state=ended][data-code="1001"]');
  },

  async 'no errors, and nothing that the policy had to block'() {
    assert.deepEqual(complaints, []);
  },
};

// ---- All of it ----------------------------------------------------------------------------------

async function picture(name) {
  const pages = {ada, ben, start};
  for (const who of Object.keys(pages)) {
    const file = path.join(folder || '.', 'failed-' + name + '-' + who + '.png');
    if (pages[who] && !pages[who].isClosed()) await pages[who].screenshot({path: file});
  }
}

async function run(browser) {
  const names = Object.keys(tests);
  console.log('1..' + names.length);
  for (const [index, name] of names.entries()) {
    try {
      await tests[name](browser);
      console.log('ok ' + (index + 1) + ' - ' + name);
    } catch (error) {
      console.log('not ok ' + (index + 1) + ' - ' + name);
      console.log(error.stack.replace(/^/gm, '# '));
      console.log('# complaints: ' + JSON.stringify(complaints));
      await picture(index + 1).catch((problem) => console.log('# no picture: ' + problem.message));
      return 1; // the others begin where this one should have ended
    }
  }
  console.log('# ' + names.length + ' passed');
  return 0;
}

const profile = mkdtempSync(path.join(tmpdir(), 'hawser-chromium-'));
const browser = await chromium.launch({
  executablePath: executable,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  env: {...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile},
});
try {
  server = await Server.start(0);
  process.exitCode = await run(browser);
} finally {
  await browser.close();
  if (server && server.process.exitCode === null) await server.end('SIGKILL');
  rmSync(profile, {recursive: true, force: true});
}
