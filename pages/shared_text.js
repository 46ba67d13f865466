// SPDX-License-Identifier: MIT
// A text that several people change at once, and that is the same for all when all changes have come.
//
// Each letter has an id, [counter, site], and was put behind another one; letters that were put at the
// same place stand in the order of their ids, the latest first (RGA: Roh and others, "Replicated
// abstract data types", 2011).  What is deleted leaves its place behind.  A change may come twice, and
// in any order after those that it builds on.
//
//   {counter, site, after: [counter, site] or null, text}     letters that follow each other
//   {counter, site, length}                                   letters that are deleted

const isLater = (a, b) => a.counter > b.counter || (a.counter === b.counter && a.site > b.site);
const keyOf = (counter, site) => counter + ' ' + site;

export class SharedText {
  constructor(site) {
    this.site = site;
    this._counter = 0; // the highest that was seen
    this._letters = []; // {counter, site, after, letter, isDead}, in their order
    this._known = new Map(); // key -> letter
    this._early = []; // changes that build on some that have not come
  }

  get text() {
    return this._letters.filter((it) => !it.isDead).map((it) => it.letter).join('');
  }

  get size() {
    return this._letters.length;
  }

  // The letter before a place in the text; null: none.
  anchorAt(place) {
    const before = place > 0 ? this._letters.filter((it) => !it.isDead)[place - 1] : null;
    return before ? [before.counter, before.site] : null;
  }

  // Where that letter is by now; when it was deleted, where it was.
  placeOf(anchor) {
    let place = 0;
    if (!anchor || !this._known.has(keyOf(...anchor))) return place;
    for (const it of this._letters) {
      if (!it.isDead) place++;
      if (it.counter === anchor[0] && it.site === anchor[1]) break;
    }
    return place;
  }

  // Puts `text` in place of `length` letters.  Returns the changes, which have been made here.
  replace(place, length, text) {
    const gone = this._letters.filter((it) => !it.isDead).slice(place, place + length);
    const changes = gone.map(({counter, site}) => ({counter, site, length: 1}));
    if (text) {
      const after = this.anchorAt(place);
      changes.push({counter: this._counter + 1, site: this.site, after, text});
    }
    this.apply(changes);
    return join(changes);
  }

  apply(changes) {
    this._early.push(...changes);
    for (let before = -1; before !== this._early.length;) {
      before = this._early.length;
      this._early = this._early.filter((change) => !this._make(change));
    }
  }

  // The whole of it as changes, for those who come later.
  snapshot() {
    const changes = [];
    for (const it of this._letters) {
      const {counter, site, after, letter, isDead} = it;
      changes.push({counter, site, after, text: letter});
      if (isDead) changes.push({counter, site, length: 1});
    }
    return join(changes.filter((change) => change.text)).concat(join(changes.filter((change) => !change.text)));
  }

  // Returns false when it builds on what is not here.
  _make({counter, site, after, text, length}) {
    if (length) {
      const letters = Array.from({length}, (nothing, i) => this._known.get(keyOf(counter + i, site)));
      if (letters.includes(undefined)) return false;
      for (const it of letters) it.isDead = true;
      return true;
    }
    if (after && !this._known.has(keyOf(...after))) return false;
    Array.from(text).forEach((letter, i) => {
      const behind = i ? [counter + i - 1, site] : after;
      this._insert({counter: counter + i, site, after: behind, letter, isDead: false});
    });
    return true;
  }

  _insert(it) {
    const key = keyOf(it.counter, it.site);
    if (this._known.has(key)) return;
    let at = it.after ? this._letters.indexOf(this._known.get(keyOf(...it.after))) + 1 : 0;
    while (at < this._letters.length && isLater(this._letters[at], it)) at++;
    this._letters.splice(at, 0, it);
    this._known.set(key, it);
    this._counter = Math.max(this._counter, it.counter);
  }
}

// Neighbours become one change.
function join(changes) {
  const joined = [];
  for (const change of changes) {
    const last = joined[joined.length - 1];
    const size = last && (last.length || Array.from(last.text).length);
    const follows = last && last.site === change.site && last.counter + size === change.counter;
    if (follows && last.length && change.length) {
      last.length += change.length;
    } else if (follows && last.text && change.text && change.after &&
        change.after[0] === change.counter - 1 && change.after[1] === change.site) {
      last.text += change.text;
    } else {
      joined.push({...change});
    }
  }
  return joined;
}
