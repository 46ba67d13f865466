// SPDX-License-Identifier: MIT
// What docs/channels.md says under "Ten minutes", done as it is written there, from an empty directory:
// node guide.mjs HAWSER FOLDER
import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {complaints, open, play, shows, weather} from './stage.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const hawser = path.resolve(process.argv[2]);
const directory = mkdtempSync(path.join(tmpdir(), 'hawser-guide-'));
const env = {...process.env, PATH: path.dirname(hawser) + ':' + process.env.PATH};

const text = readFileSync(path.join(root, 'docs/channels.md'), 'utf8');
const begin = text.indexOf('## Ten minutes');
const part = text.slice(begin, text.indexOf('\n## ', begin));
const blocks = [...part.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind, code]) => ({kind, code}));
assert.deepEqual(blocks.map(({kind}) => kind), ['sh', 'sh', 'html', 'sh', 'python', 'yaml', 'sh', 'html',
  'yaml', 'sh', 'sh', 'python', 'js']);
const [clone, begins, page, push, backEnd, history, serve, pageWithPast, users, serveUsers, token] =
  blocks.map(({code}) => code);

// The guide has port 8080, which may be somebody's here.
let port = 0;
const here = (code) => code.replaceAll('localhost:8080', 'localhost:' + port)
  .replaceAll('hawser serve', `exec hawser serve --listen http://localhost:${port}`)
  .replaceAll('hawser publish', `hawser publish --url http://localhost:${port}`);
const write = (file, code) => writeFileSync(path.join(directory, file), here(code));

// To its end, as typed.
async function type(code) {
  const {stdout} = await promisify(execFile)('sh', ['-euc', here(code)], {cwd: directory, env});
  return stdout;
}

// The last line of `code` stays in its terminal.
let server;

async function start(code) {
  server = spawn('sh', ['-euc', here(code)], {cwd: directory, env, stdio: ['ignore', 'pipe', 'inherit']});
  server.ended = once(server, 'exit');
  let greeting = '';
  for await (const chunk of server.stdout) {
    greeting += chunk;
    if (greeting.includes('Ctrl-C ends it.')) break;
  }
  port = /channels +ws:\/\/localhost:(\d+)\//.exec(greeting)?.[1];
  assert.ok(port, greeting);
  return greeting;
}

async function end() {
  server.kill('SIGINT');
  await server.ended;
}

let reader;
const news = (wanted) => reader.waitForFunction(
  (list) => [...document.querySelectorAll('#news li')].map((item) => item.textContent).join() === list,
  wanted.join());

const tests = {
  async 'the clone has what it is said to have'() {
    assert.match(clone, /script\/server --check/);
    assert.match(readFileSync(path.join(root, 'script/server'), 'utf8'), /\$build\/src\/cmd\/hawser" serve/);
  },

  async 'a server'() {
    assert.match(await start(begins), /no --token-key: .* this machine alone/);
  },

  async 'a page'(browser) {
    write('public/index.html', page);
    reader = await open(browser, `http://localhost:${port}/`, 'news');
    await shows(reader, 'title', 'news');
    const ask = push.split('\n').slice(0, 2).join('\n').replace('publish', 'presence_stats');
    while (!(await type(ask)).includes('"num_clients":1')); // it has subscribed
  },

  async 'pushes from curl, from the command, and from a back end in Python'() {
    await type(push);
    await news(['ahoy', 'ahoy again']);
    write('push.py', backEnd);
    await type('python3 push.py');
    await news(['ahoy', 'ahoy again', 'ahoy from Python']);
  },

  async 'a history, which who comes late sees'() {
    weather.outage = true;
    await end();
    write('hawser.yaml', history);
    write('public/index.html', pageWithPast);
    copyFileSync(path.join(root, 'examples/channels.mjs'), path.join(directory, 'public/channels.mjs'));
    await start(serve);
    await type(push);
    await reader.goto(`http://localhost:${port}/`);
    await news(['ahoy', 'ahoy again']);
    await type('python3 push.py');
    await news(['ahoy', 'ahoy again', 'ahoy from Python']);
    await reader.reload();
    await news(['ahoy', 'ahoy again', 'ahoy from Python']);
  },

  async 'a restart, after which it says that some is missing'() {
    await end();
    await start(serve);
    await news(['ahoy', 'ahoy again', 'ahoy from Python', '(some is missing)']);
    await type('python3 push.py');
    await news(['ahoy', 'ahoy again', 'ahoy from Python', '(some is missing)', 'ahoy from Python']);
  },

  async 'users'() {
    await end();
    write('hawser.yaml', users);
    await start(serveUsers);
    await type(push);
    await reader.goto('about:blank');
    await reader.goto(`http://localhost:${port}/`);
    await news(['invalid token']);
    await reader.goto('about:blank');
    await reader.goto(`http://localhost:${port}/#${(await type(token)).trim()}`);
    await news(['ahoy', 'ahoy again']);
    await end();
  },

  async 'nothing to complain about'() {
    // Of the first page there is no picture to put in front of its title.
    assert.deepEqual(complaints.filter((each) => !/404 \(Not Found\)/.test(each)), []);
  },
};

try {
  await play(tests, () => {
    if (server?.exitCode === null) server.kill('SIGKILL');
  });
} finally {
  rmSync(directory, {recursive: true, force: true});
}
