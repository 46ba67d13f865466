// SPDX-License-Identifier: MIT
// What the tests of the pages share: node TEST.mjs HAWSER FOLDER
//
// HAWSER is the command to test; FOLDER is where pictures of the pages go: of each at its end
// ($PICTURES=1), and of all when a test fails.  The output is TAP.  The browser is Debian's chromium, or
// with $BROWSER=firefox its firefox-esr; $CHROMIUM and $FIREFOX name others of the two kinds.
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

export const WAIT_MS = 60000; // for anything, on a machine that is busy: no test measures time
const [hawser, folder] = process.argv.slice(2);
export const isFirefox = process.env.BROWSER === 'firefox';
const executable = isFirefox ? process.env.FIREFOX || '/usr/bin/firefox-esr'
  : process.env.CHROMIUM || '/usr/bin/chromium';

function skip(reason) {
  console.log('1..0 # SKIP ' + reason);
  process.exit(0);
}

const playwright = (await import('playwright-core').catch(() => ({}))).default;
if (!playwright) skip('playwright-core is missing: run npm ci in tests/browser');
if (!existsSync(executable)) skip(executable + ' is missing: install the package of that name');

// ---- The server, and the programs beside it ------------------------------------------------------

export class Server {
  static async start(port, ...options) {
    const server = new Server();
    server.process = spawn(hawser, ['serve', '--listen', 'http://localhost:' + port, ...options],
      {stdio: ['ignore', 'pipe', 'inherit']});
    server.exit = once(server.process, 'exit');
    let text = '';
    server.process.stdout.on('data', (chunk) => {
      text += chunk;
      const page = /page\s+(http:\S+:(\d+))\//.exec(text);
      if (!page || !text.includes('Ctrl-C')) return;
      server.base = page[1];
      server.others = Array.from(text.matchAll(/page\s+(http:\S+:\d+)\//g), (found) => found[1]).slice(1);
      server.port = page[2];
      server.admin = /admin\s+(http:\S+)\/admin/.exec(text)?.[1];
      server.channels = page[1].replace('http', 'ws') + '/connection/websocket';
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

const programs = [];

// Another command of the same program, until the tests end.
export function start(...command) {
  const program = spawn(hawser, command, {stdio: 'ignore'});
  programs.push(program);
  return program;
}

// ---- Keys ---------------------------------------------------------------------------------------

const folders = [];

// A secret for --token-key, and tokens that it has signed.
export class Key {
  constructor(secret) {
    const folder = mkdtempSync(path.join(tmpdir(), 'hawser-key-'));
    folders.push(folder);
    this.file = path.join(folder, 'secret.key');
    writeFileSync(this.file, secret);
  }

  token(...options) {
    return execFileSync(hawser, ['token', '--token-key', this.file, ...options], {encoding: 'utf8'}).trim();
  }
}

// ---- The network --------------------------------------------------------------------------------

// The way of one person to the server, which can be cut: what is on it ends there, and nobody gets
// through until it is mended.
export class Wire {
  static async lay(server) {
    const wire = new Wire();
    wire._sockets = new Set();
    wire._isCut = false;
    wire._listener = createServer((near) => wire._join(near, server)).listen(0, 'localhost');
    await once(wire._listener, 'listening');
    wire.base = 'http://localhost:' + wire._listener.address().port;
    wires.push(wire);
    return wire;
  }

  _join(near, server) {
    const far = connect(server.port, 'localhost');
    for (const [socket, other] of [[near, far], [far, near]]) {
      this._sockets.add(socket);
      socket.on('error', () => {}).on('close', () => {
        this._sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    if (this._isCut) near.destroy();
  }

  // What is on it stays where it is, and nobody is told; nobody else gets through.
  mute() {
    weather.outage = this._isCut = true;
    for (const socket of this._sockets) socket.unpipe().pause();
  }

  // What was muted ends; who comes anew gets through.
  async release(page) {
    this._isCut = false;
    for (const socket of this._sockets) socket.destroy();
    await connected(page);
    weather.outage = false;
  }

  // The browser of `page` notices that its network is gone, and when it is back.
  async cut(page) {
    weather.outage = true;
    this._isCut = true;
    for (const socket of this._sockets) socket.destroy();
    await tellNetwork(page, false);
  }

  async mend(page) {
    this._isCut = false;
    await tellNetwork(page, true);
    await connected(page);
    weather.outage = false;
  }

  close() {
    this._listener.close();
    for (const socket of this._sockets) socket.destroy();
  }
}

const wires = [];

// Whether the browser of `page` knows of a network.  WebDriver BiDi has no word for it: there the page
// is told what Firefox would tell it.
function tellNetwork(page, isThere) {
  if (!isFirefox) return page.context().setOffline(!isThere);
  return page.evaluate((onLine) => {
    Object.defineProperty(navigator, 'onLine', {value: onLine, configurable: true});
    window.dispatchEvent(new Event(onLine ? 'online' : 'offline'));
  }, isThere);
}

// ---- The pages ----------------------------------------------------------------------------------

// What a page must never do; a lost connection is in the console as well, where one is expected.
export const complaints = [];
export const weather = {outage: false};
const pages = new Map(); // name -> page

// A network that lets no WebSocket pass.
function blockWebSocket() {
  window.WebSocket = class {
    static OPEN = 1;
    static CLOSED = 3;
    readyState = 3;
    constructor() {
      setTimeout(() => this.onclose && this.onclose({code: 1006, reason: ''}));
    }
    send() {}
    close() {}
  };
}

// A page in a browser of its own, whose name is that of its pictures.
export async function open(browser, address, name, {hasNoWebSocket, hasClock, ...options} = {}) {
  const context = await browser.newContext(
    {viewport: {width: 900, height: 700}, locale: 'en-GB', ...options});
  const page = await context.newPage();
  pages.set(name, page);
  page.setDefaultTimeout(WAIT_MS);
  page.on('pageerror', (error) => complaints.push('exception: ' + error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (weather.outage && /WebSocket connection to .* failed|ERR_INTERNET_DISCONNECTED/.test(message.text())) return;
    complaints.push(message.type() + ': ' + message.text());
  });
  await page.exposeFunction('complain', (text) => complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.complain('policy: ' + event.violatedDirective + ' ' + event.blockedURI);
    });
  });
  if (hasClock) await page.clock.install(); // page.clock.fastForward then does what it says
  if (hasNoWebSocket) await page.addInitScript(blockWebSocket);
  await page.goto(address);
  return page;
}

export const connected = (page) => page.waitForSelector('#state[data-state=connected]');
export const lost = (page) =>
  page.waitForSelector('#state[data-state=waiting], #state[data-state=connecting]');

// Waits until the text of an element is, or fits.
export function shows(page, selector, wanted) {
  const [source, flags] = wanted instanceof RegExp ? [wanted.source, wanted.flags] : [null, ''];
  return page.waitForFunction(([where, text, pattern, how]) => {
    const found = document.querySelector(where);
    if (!found) return false;
    const shown = found.textContent.trim();
    return pattern === null ? shown === text : new RegExp(pattern, how).test(shown);
  }, [selector, String(wanted), source, flags]);
}

// No page is wider than a phone.
export async function fitsPhone(page) {
  const before = page.viewportSize();
  await page.setViewportSize({width: 375, height: 740});
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize(before);
  if (width > 375) throw new Error('on a phone the page is ' + width + ' wide');
}

// ---- All of it ----------------------------------------------------------------------------------

async function picture(prefix) {
  for (const [name, page] of pages) {
    const file = path.join(folder || '.', prefix + name + '.png');
    if (!page.isClosed()) await page.screenshot({path: file}).catch(() => {}); // gone with its context
  }
}

async function run(tests, browser) {
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
      await picture('failed-' + (index + 1) + '-')
        .catch((problem) => console.log('# no picture: ' + problem.message));
      return 1; // the others begin where this one should have ended
    }
  }
  if (process.env.PICTURES) await picture('');
  console.log('# ' + names.length + ' passed');
  return 0;
}

// Firefox as it is, over WebDriver BiDi; Chromium over its own protocol.
function launch(env) {
  const options = {executablePath: executable, headless: true, env};
  if (isFirefox) return playwright._bidiFirefox.launch(options);
  return playwright.chromium.launch({...options,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync']});
}

// Plays the tests in their order, each of which begins where the one before ended; `leave` ends what
// they started.
export async function play(tests, leave) {
  const profile = mkdtempSync(path.join(tmpdir(), 'hawser-browser-'));
  const browser = await launch({...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile});
  try {
    process.exitCode = await run(tests, browser);
  } finally {
    await browser.close();
    for (const program of programs) program.kill('SIGKILL');
    for (const wire of wires) wire.close();
    const server = leave();
    if (server && server.process.exitCode === null) await server.end('SIGKILL');
    for (const each of [profile, ...folders]) rmSync(each, {recursive: true, force: true});
  }
}
