// SPDX-License-Identifier: MIT
// What keeps a visitor out of this server's channels, said on the page; and the token that lets in.
//
// A token stands behind the page's address, as #token=…, which no server and no log gets to see; then
// it is kept for this tab alone.
import {element, make, t} from './page.js';

const KEY = 'hawser.token';
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const INVALID = 3500; // codes of the protocol
const EXPIRED = 109;
const UNKNOWN_CHANNEL = 102;
const DENIED = 103;

export const gateWords = {
  'This server lets in only who shows a token.': '此服务器只接纳持有令牌的人。',
  'The token is not good for this server.': '此服务器不接受这个令牌。',
  'The token has expired.': '令牌已过期。',
  'The channels of this server are for its own machine alone.': '此服务器的频道只供本机使用。',
  'This server does not have the channels of this page: {reason}.': '此服务器没有本页所需的频道：{reason}。',
  'The token does not open the channels of this page: {reason}.': '令牌无权使用本页的频道：{reason}。',
  'Make one where its key is, and paste it here, or put it behind the address of this page, as #token=…':
    '在密钥所在的机器上生成令牌，粘贴到这里，或加在本页地址后面：#token=…',
  'It is started like this for others:': '要让别人也能使用，请这样启动：',
  'It is started like this to have them:': '请这样启动以拥有它们：',
  'Token': '令牌',
  'Come in': '进入',
};

// ---- The token ----------------------------------------------------------------------------------

let held = ''; // a private window may forbid storage; then it lasts as long as the page

function keep(token) {
  held = token;
  try {
    sessionStorage.setItem(KEY, token);
  } catch (error) {
    // nothing is lost but comfort
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEY) || held;
  } catch (error) {
    return held;
  }
}

// Takes it out of the address, where it would be read over a shoulder and be sent on with a link.
function takeFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return false;
  history.replaceState(history.state, '', location.pathname + location.search);
  if (!TOKEN.test(token)) return false;
  keep(token);
  return true;
}

// ---- The gate -----------------------------------------------------------------------------------

const COMMANDS = {
  token: 'hawser token --token-key secret.key --user anna',
  machine: 'hawser serve --listen http://*:8080 --token-key secret.key --demo',
  demo: 'hawser serve --demo …',
};

export class Gate {
  // Gives `channels` their token, and another as soon as there is one.
  constructor(channels) {
    this._channels = channels;
    this._box = null;
    this._wasIn = false;
    takeFromAddress();
    channels.token = kept() || undefined;
    channels.onrefused = (error) => this._tellRefusal(error);
    window.addEventListener('hashchange', () => takeFromAddress() && this._enter());
  }

  tell(state, {code} = {}) {
    if (state === 'connected') {
      this._wasIn = true;
      this._hide();
    } else if (state === 'ended' && (code === INVALID || code === EXPIRED)) {
      const text = code === EXPIRED ? 'The token has expired.'
        : this._channels.token ? 'The token is not good for this server.'
          : 'This server lets in only who shows a token.';
      this._show(t(text), 'token');
    } else if (state === 'waiting' && !this._wasIn) {
      this._ask();
    }
  }

  // A handshake that was refused looks to a page like a server that is not there.
  async _ask() {
    const answer = await fetch('/hawser/server.json').then((it) => it.json()).catch(() => ({}));
    if (answer.access !== 'machine' || this._wasIn) return;
    this._show(t('The channels of this server are for its own machine alone.'), 'machine');
  }

  _tellRefusal({code, message}) {
    if (code === UNKNOWN_CHANNEL) {
      this._show(t('This server does not have the channels of this page: {reason}.', {reason: message}), 'demo');
    } else if (code === DENIED) {
      this._show(t('The token does not open the channels of this page: {reason}.', {reason: message}), 'token');
    }
  }

  _enter() {
    this._channels.token = kept();
    this._channels.close();
    this._channels.open();
  }

  _hide() {
    if (this._box) this._box.remove();
    this._box = null;
  }

  _show(text, what) {
    this._hide();
    const hint = {
      token: 'Make one where its key is, and paste it here, or put it behind the address of this page, as #token=…',
      machine: 'It is started like this for others:',
      demo: 'It is started like this to have them:',
    }[what];
    this._box = make('section', 'gate');
    this._box.id = 'gate';
    this._box.setAttribute('role', 'alert');
    const command = make('pre', 'wrap');
    command.append(make('code', '', COMMANDS[what]));
    this._box.append(make('strong', '', text), make('p', '', t(hint)), command);
    if (what === 'token') this._box.append(this._makeForm());
    element('state').closest('.bar').nextElementSibling.after(this._box);
  }

  _makeForm() {
    const form = make('form', 'inline');
    const field = make('input');
    const button = make('button', '', t('Come in'));
    field.id = 'token';
    field.autocomplete = 'off';
    field.spellcheck = false;
    field.setAttribute('aria-label', t('Token'));
    field.placeholder = t('Token');
    form.append(field, button);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = field.value.trim();
      if (!TOKEN.test(token)) return field.setAttribute('aria-invalid', 'true');
      keep(token);
      this._enter();
    });
    return form;
  }
}
