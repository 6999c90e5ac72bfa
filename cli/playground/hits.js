// How items look: a card of the feed, a row of the results, chips that say why.

import { art } from './art.js';
import { el, icon } from './dom.js';
import { ui } from './glyphs.js';

const pasts = { view: 'viewed', like: 'liked', buy: 'bought', search: 'found', play: 'played', rate: 'rated' };

/** `view` -> `viewed`; kinds that nobody foresaw stay as they are. */
export const past = (kind) => pasts[kind] ?? kind;

/** What the chips need beside a reason: titles of items by id, and what was done with an item by id. */
export function context(titles = {}, kinds = new Map()) {
  return { titles, kinds };
}

/** Reasons in words: kind -> (reason, context) -> a text and what it is about, or nothing where there is nothing to say. */
const wordings = {
  words: (reason) => reason.terms.length > 0 && ['matches', reason.terms.join(' ')],
  title: (reason) => reason.terms.length > 0 && ['title matches', reason.terms.join(' ')],
  neighbours: (reason, { titles, kinds }) => {
    const title = titles[reason.terms[0]];
    return title && [`because you ${past(kinds.get(reason.terms[0]) ?? 'view')}`, title];
  },
  seeds: (reason, { titles }) => titles[reason.terms[0]] && ['because of', titles[reason.terms[0]]],
  exploration: () => ['a surprise', ''],
  freshness: () => ['new', ''],
  history: () => ['you know it', ''],
};

/** The weightiest reason that can be worded. */
function best(item, about, kinds = Object.keys(wordings)) {
  const usable = item.reasons.filter((reason) => kinds.includes(reason.kind));
  usable.sort((a, b) => b.weight - a.weight);
  for (const reason of usable) {
    const worded = wordings[reason.kind](reason, about);
    if (worded) return worded;
  }
  return null;
}

/** The last words of a title, which say what it is; the first ones tend to say whose. */
function tail(title) {
  const words = title.split(' ');
  while (words.length > 1 && words.join(' ').length > 22) words.shift();
  return words.join(' ');
}

export function chip(item, about, kinds) {
  const found = best(item, about, kinds);
  return found && el('span', { class: 'chip', title: found.join(' ') },
    found[1] ? [el('span', { class: 'chip-what' }, found[0]), ' ', el('span', {}, tail(found[1]))] : el('span', {}, found[0]));
}

/** Every reason with its share, for the page of an item. */
export function shares(item, about) {
  const names = { model: 'Your taste, as the model reads it', similar: 'Looks alike to the model', words: 'Words of the query', title: 'Words of the title', id: 'The query is its id', dislike: 'Like what you do not want', popularity: 'Many people choose it', boost: 'Boosted by the request', other: 'Other' };
  const most = Math.max(...item.reasons.map((reason) => Math.abs(reason.weight)), 1e-9);
  return item.reasons.map((reason) => {
    const worded = wordings[reason.kind]?.(reason, about);
    const text = worded ? worded.join(' ') : names[reason.kind] ?? reason.kind;
    const name = text.charAt(0).toUpperCase() + text.slice(1);
    return el('li', { class: `share ${reason.kind}`, '--share': Math.abs(reason.weight) / most },
      el('span', { class: 'share-name' }, name),
      el('span', { class: 'share-weight' }, reason.weight.toFixed(1)));
  });
}

const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const price = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** A typed value in words; `''` for none. */
export function valueText(name, value) {
  if (value === undefined) return '';
  if ('string' in value) return value.string;
  if ('set' in value) return value.set.join(', ');
  if ('number' in value) return name === 'price' ? price.format(value.number) : number.format(value.number);
  if ('date' in value) return day.format(new Date(value.date * 864e5));
  return value.bool ? 'yes' : 'no';
}

/** A short line: who made it and what it costs, or what kind of thing it is. */
function facts(item) {
  const { attributes } = item;
  const first = ['brand', 'artist', 'author', 'maker'].find((name) => name in attributes);
  const kind = Object.entries(attributes).find(([, value]) => 'set' in value || 'string' in value)?.[0];
  const names = [first ?? kind, ['price', 'year', 'released'].find((name) => name in attributes)];
  const parts = names.filter(Boolean).map((name) => {
    const value = attributes[name];
    return 'set' in value ? value.set.slice(0, 2).join(', ') : valueText(name, value);
  });
  return parts.filter(Boolean).map((part) => el('span', {}, part));
}

/** A text with what was matched marked. `marks` are ranges in UTF-16 units. */
export function marked(text, marks) {
  const parts = [];
  let at = 0;
  for (const [from, to] of marks) {
    parts.push(text.slice(at, from), el('mark', {}, text.slice(from, to)));
    at = to;
  }
  return [...parts, text.slice(at)].filter((part) => part !== '');
}

const titleOf = (item) => (item.title ? marked(item.title, item.marks) : item.id);

/** `against`, where it is given, is called when somebody does not want the item. */
export function card(item, about, open, against) {
  return el('div', { class: 'card' },
    el('button', { type: 'button', class: 'open', onclick: () => open(item) },
      el('span', { class: 'frame' }, art(item), chip(item, about)),
      el('span', { class: 'title' }, titleOf(item)),
      el('span', { class: 'facts' }, facts(item))),
    against && el('button', { type: 'button', class: 'against', 'aria-label': `Not for me: ${item.title || item.id}`, title: 'Not for me', onclick: () => against(item) },
      icon(ui.close)));
}

/** Gives a card that stays what may have changed: its chip. */
export function refresh(node, item, about) {
  node.querySelector('.chip')?.remove();
  const fresh = chip(item, about);
  if (fresh) node.querySelector('.frame').append(fresh);
}

export function row(item, about, open) {
  return el('button', { type: 'button', class: 'row', onclick: () => open(item) },
    art(item),
    el('span', { class: 'row-text' },
      el('span', { class: 'title' }, titleOf(item)),
      el('span', { class: 'facts' }, facts(item)),
      // Where nothing of the title is marked, the words are elsewhere in the item.
      chip(item, about, item.marks.length === 0 ? ['words', 'neighbours', 'history'] : ['neighbours', 'history'])),
    icon(ui.back, { class: 'icon onward' }));
}

/** The page of an item: picture, facts, what one can do, why it is here, what is like it. */
export function page(item, { about, actions, back }) {
  const rows = Object.entries(item.attributes).map(([name, value]) =>
    [el('dt', {}, name.replaceAll('_', ' ')), el('dd', {}, valueText(name, value))]);
  const why = shares(item, about);
  return [
    el('div', { class: 'hero' }, art(item),
      el('button', { type: 'button', class: 'round', 'aria-label': 'Back', onclick: back }, icon(ui.back))),
    el('div', { class: 'item-text' },
      el('h1', { tabindex: '-1' }, item.title || item.id),
      el('p', { class: 'facts' }, facts(item)),
      el('div', { class: 'actions' }, actions),
      why.length > 0 && el('details', { class: 'why' }, el('summary', {}, 'Why it is here'), el('ul', {}, why)),
      el('h2', {}, 'Similar'),
      el('div', { class: 'shelf', id: 'similar' }),
      rows.length > 0 && [el('h2', {}, 'Details'), el('dl', {}, rows)]),
  ];
}
