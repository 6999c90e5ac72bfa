// The sheet that narrows and tunes: filters from facets, and what a feed can be asked for.

import { call } from './api.js';
import { byId, el, icon } from './dom.js';
import { ui } from './glyphs.js';

const shownValues = 14;
const counted = ['string', 'set', 'bool'];

/** Attribute -> values of which one is wanted. */
const filters = new Map();
const tuning = {};

/** What every question brings along. */
export const scope = () => ({ filters: Object.fromEntries(filters) });
export const tuned = () => ({ ...tuning });

let settings;

/** Attributes whose values may be told apart by a person; titles in disguise are left out by the sheet. */
const names = () => settings.info().attributes.filter(({ type }) => counted.includes(type)).map(({ name }) => name);

const wording = (name, value) => {
  if (value === 'true') return name.replaceAll('_', ' ');
  return value === 'false' ? `not ${name.replaceAll('_', ' ')}` : value;
};

function toggle(name, value) {
  const values = filters.get(name) ?? [];
  const rest = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  if (rest.length > 0) filters.set(name, rest);
  else filters.delete(name);
  changed();
}

function changed() {
  drawActive();
  settings.changed();
  if (!byId('sheet').hidden) drawFilters();
}

/** Filters that are on, above the list; a click takes one off. */
function drawActive() {
  const on = [...filters].flatMap(([name, values]) => values.map((value) => [name, value]));
  const marks = [...on.map(([name, value]) => [wording(name, value), () => toggle(name, value)])];
  if (tuning.intent) marks.push([`“${tuning.intent}”`, () => { byId('intent').value = ''; delete tuning.intent; changed(); }]);
  byId('active').hidden = marks.length === 0;
  byId('active').replaceChildren(...marks.map(([text, off]) =>
    el('button', { type: 'button', class: 'offer on', 'aria-label': `Without ${text}`, onclick: off }, el('span', {}, text), icon(ui.close))));
  const some = marks.length > 0 || Object.keys(tuning).length > 0;
  byId('tune').classList.toggle('on', some);
}

/** Counts for every attribute, each without its own filter, so that another value can be added to it. */
async function facetsOf() {
  const all = names();
  const ask = (facets, left) => {
    const others = Object.fromEntries([...filters].filter(([name]) => name !== left));
    const [name, body] = settings.question();
    return call(name, { ...body, limit: 1, scope: { filters: others, facets } });
  };
  const answers = await Promise.all([ask(all), ...[...filters.keys()].map((name) => ask([name], name))]);
  const facets = new Map(answers.flatMap((answer) => answer.facets).map((facet) => [facet.name, facet.values]));
  return all.map((name) => [name, facets.get(name) ?? []]);
}

async function drawFilters() {
  const facets = await facetsOf();
  const rows = facets.filter(([, values]) => values.length > 1 && values[0][1] > 1).map(([name, values]) => {
    const on = filters.get(name) ?? [];
    const kept = values.slice(0, shownValues).map(([value, count]) => el('button', {
      type: 'button', class: 'offer value', 'aria-pressed': String(on.includes(value)), onclick: () => toggle(name, value),
    }, el('span', {}, wording(name, value)), el('span', { class: 'count' }, count.toLocaleString())));
    return [el('h3', {}, name.replaceAll('_', ' ')), el('div', { class: 'strip' }, kept)];
  });
  const box = byId('sheet-filters');
  const places = [...box.querySelectorAll('.strip')].map((strip) => strip.scrollLeft);
  box.replaceChildren(...rows.flat());
  box.querySelectorAll('.strip').forEach((strip, place) => { strip.scrollLeft = places[place] ?? 0; });
}

function drawFeedSettings() {
  const date = settings.info().attributes.find(({ type }) => type === 'date')?.name;
  const set = (name, value) => {
    if (value === undefined) delete tuning[name];
    else tuning[name] = value;
    changed();
  };
  const flip = (text, name, value) => el('button', {
    type: 'button', class: 'offer value', 'aria-pressed': 'false',
    onclick: ({ currentTarget }) => {
      const on = !(name in tuning);
      currentTarget.setAttribute('aria-pressed', String(on));
      set(name, on ? value() : undefined);
    },
  }, text);
  byId('sheet-feed').replaceChildren(
    el('label', { class: 'slider' },
      el('span', {}, 'Alike'),
      el('input', { id: 'diversity', type: 'range', min: 0, max: 1, step: 0.05, value: 0, 'aria-label': 'How different the items are',
        oninput: ({ target }) => set('diversity', Number(target.value) || undefined) }),
      el('span', {}, 'Diverse')),
    el('input', { id: 'intent', class: 'intent', type: 'text', maxlength: 200, placeholder: 'In the mood for …', 'aria-label': 'In the mood for', autocomplete: 'off',
      oninput: ({ target }) => set('intent', target.value.trim() || undefined) }),
    el('div', { class: 'strip' },
      date && flip('New things first', 'fresh', () => date),
      flip('Some surprises', 'surprise', () => Math.floor(Math.random() * 2 ** 31))));
}

export function closeSheet() {
  byId('sheet').hidden = true;
  byId('tune').setAttribute('aria-expanded', 'false');
}

/** `info()` is what the server said of the pack, `question()` the call and body that the sheet counts, `changed` asks again. */
export function bindTune(given) {
  settings = given;
  byId('tune').append(icon(ui.tune));
  byId('sheet-close').append(icon(ui.close));
  drawFeedSettings();
  byId('tune').addEventListener('click', () => {
    const open = byId('sheet').hidden;
    byId('sheet').hidden = !open;
    byId('tune').setAttribute('aria-expanded', String(open));
    if (open) drawFilters().catch(settings.failed);
  });
  byId('sheet-close').addEventListener('click', closeSheet);
}
