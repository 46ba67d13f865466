// SPDX-License-Identifier: MIT
// The shared text, without a browser: node shared_text.mjs PAGES
//
// Several people write at random, and their changes come to each in another order, and twice: all
// have the same text in the end.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';

const source = readFileSync(path.join(process.argv[2], 'shared_text.js'), 'utf8');
const {SharedText} = await import('data:text/javascript,' + encodeURIComponent(source));

// The same numbers in every run (mulberry32).
function numbers(seed) {
  return (below) => {
    seed = (seed + 0x6D2B79F5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function change(text, next) {
  const letters = Array.from(text.text);
  const place = next(letters.length + 1);
  const length = next(3) === 0 ? next(Math.min(6, letters.length - place + 1)) : 0;
  const added = next(4) === 0 && length ? '' : ['a', 'bc', 'déf', '中文', '👋g'][next(5)];
  return text.replace(place, length, added);
}

// Everybody's changes stay in order, as a channel keeps them; whose come first is chance.
function simulate(seed) {
  const next = numbers(seed);
  const people = ['a', 'b', 'c'].map((site) => ({text: new SharedText(site), inbox: [], at: [0, 0, 0]}));
  const sent = people.map(() => []);
  const deliver = (to, from) => {
    const changes = sent[from][people[to].at[from]];
    if (!changes) return;
    if (next(5) > 0) people[to].at[from]++; // else it comes again
    people[to].text.apply(JSON.parse(JSON.stringify(changes)));
  };
  for (let i = 0; i < 120; i++) {
    const who = next(3);
    if (next(3) === 0) deliver(who, next(3));
    else sent[who].push(change(people[who].text, next));
  }
  people.forEach((person, to) => sent.forEach((changes, from) => {
    while (person.at[from] < changes.length) deliver(to, from);
  }));
  const late = new SharedText('d');
  late.apply(JSON.parse(JSON.stringify(people[next(3)].text.snapshot())));
  return people.map((person) => person.text.text).concat(late.text);
}

const tests = {
  'one person writes and deletes'() {
    const text = new SharedText('a');
    text.replace(0, 0, 'ahoy');
    text.replace(4, 0, ' there');
    text.replace(0, 1, 'A');
    text.replace(5, 5, '👋');
    assert.equal(text.text, 'Ahoy 👋');
    const anchor = text.anchorAt(4);
    text.replace(0, 0, '>> ');
    assert.equal(text.placeOf(anchor), 7);
    text.replace(5, 3, '');
    assert.equal(text.placeOf(anchor), 5);
    assert.equal(text.placeOf(null), 0);
    assert.equal(text.placeOf([99, 'z']), 0);
  },

  'words that are written at one place are not mixed'() {
    const a = new SharedText('a');
    const b = new SharedText('b');
    const first = a.replace(0, 0, 'fore');
    const second = b.replace(0, 0, 'aft');
    a.apply(second);
    b.apply(first);
    assert.equal(a.text, b.text);
    assert.ok(['foreaft', 'aftfore'].includes(a.text), a.text);
  },

  'changes that come early wait'() {
    const a = new SharedText('a');
    const changes = [a.replace(0, 0, 'x'), a.replace(1, 0, 'y'), a.replace(0, 1, '')];
    const b = new SharedText('b');
    for (const each of changes.reverse()) b.apply(each);
    assert.equal(b.text, 'y');
  },

  'three people at random, 300 times'() {
    for (let seed = 1; seed <= 300; seed++) {
      const texts = simulate(seed);
      assert.equal(new Set(texts).size, 1, 'seed ' + seed + ': ' + JSON.stringify(texts));
    }
  },
};

const names = Object.keys(tests);
console.log('1..' + names.length);
names.forEach((name, index) => {
  try {
    tests[name]();
    console.log('ok ' + (index + 1) + ' - ' + name);
  } catch (error) {
    console.log('not ok ' + (index + 1) + ' - ' + name + '\n' + error.stack.replace(/^/gm, '# '));
    process.exitCode = 1;
  }
});
