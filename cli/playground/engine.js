// The panels beside the phone: what the engine knows, and what its answers cost.

import { art } from './art.js';
import { byId, el, icon, svg } from './dom.js';
import { ui } from './glyphs.js';
import { past } from './hits.js';

const stages = ['history', 'text', 'decoder', 'evidence', 'scan', 'hits', 'order', 'filter', 'facets'];
const kept = 48;
const calls = { ranked: 'search', search: 'search', feed: 'recommend', similar: 'similar' };

/** `0.084 ms`: three digits that matter. */
export function ms(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
}

function bytes(value) {
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : `${Math.round(value / 1e3)} kB`;
}

export function ago(then) {
  const seconds = Math.max(0, (Date.now() - then) / 1000);
  if (seconds < 45) return 'now';
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return seconds < 86400 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

/** Answers, newest last: `{ name, call, timings, total, round }`, milliseconds. */
const answers = [];

/** Milliseconds of the first answer to the last keystroke. */
let firstAnswer;

/** Hears of an answer of the server; keeps what has stages. */
export function heard(name, answer, round) {
  if (name === 'keystroke') firstAnswer = answer.timings.find(([stage]) => stage === 'total')[1];
  // Counting for the sheet asks for one hit; that is not an answer that somebody waited for.
  if (!(name in calls) || answer.facets?.length > 0) return;
  const total = answer.timings.find(([stage]) => stage === 'total')[1];
  answers.push({ name, call: calls[name], timings: answer.timings, total, round });
  if (answers.length > kept) answers.shift();
  drawTimes();
}

function stageBar(answer) {
  const parts = answer.timings.filter(([stage]) => stage !== 'total');
  const colour = (stage) => `var(--stage-${stages.includes(stage) ? (stages.indexOf(stage) % 6) + 1 : 6})`;
  return [
    el('div', { class: 'stage-bar', 'aria-hidden': 'true' },
      parts.map(([stage, time]) => el('span', { '--time': Math.max(time, answer.total / 200), '--colour': colour(stage) }))),
    el('ul', { class: 'stages' }, parts.map(([stage, time]) =>
      el('li', { '--colour': colour(stage) }, el('span', {}, stage), el('span', { class: 'figure' }, ms(time))))),
  ];
}

/** One bar for each answer, newest right; the scale is that of the slowest but the top twentieth. */
function sparkline() {
  const [width, height, gap] = [288, 56, 2];
  const sorted = answers.map((answer) => answer.total).sort((a, b) => a - b);
  const top = Math.max(sorted[Math.floor((sorted.length - 1) * 0.95)], 1e-6);
  const step = width / kept;
  const bars = answers.map((answer, place) => {
    const tall = Math.max(2, Math.min(1, answer.total / top) * (height - 4));
    const x = width - (answers.length - place) * step;
    const bar = svg('rect', { class: `bar of-${answer.name}`, x, y: height - tall, width: step - gap, height: tall, rx: 1.5 });
    bar.append(svg('title', {}, `${answer.call} ${ms(answer.total)} ms`));
    return bar;
  });
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  return el('figure', { class: 'spark' },
    svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `The last ${answers.length} answers, median ${ms(median)} ms` }, bars),
    el('figcaption', {},
      el('span', { class: 'key' }, 'search'), el('span', { class: 'key of-feed' }, 'feed'), el('span', { class: 'key of-similar' }, 'similar'),
      el('span', { class: 'median' }, `median ${ms(median)} ms`)));
}

function drawTimes() {
  const answer = answers.at(-1);
  byId('times').replaceChildren(
    el('p', { class: 'big' }, el('span', { class: 'figure' }, ms(answer.total)), el('span', { class: 'unit' }, 'ms')),
    el('p', { class: 'note' }, answer.name === 'ranked'
      ? `last search; a first answer from words took ${ms(firstAnswer)} ms`
      : `last ${answer.call}; ${ms(answer.round)} ms with the browser`),
    ...stageBar(answer));
  byId('spark').replaceChildren(sparkline());
}

function fact(name, value) {
  return value && [el('dt', {}, name), el('dd', {}, value)];
}

/** The skeleton of the panel; times come with the first answer. */
export function drawEngine() {
  byId('engine-body').replaceChildren(
    el('div', { class: 'card-box', id: 'times' }),
    el('h3', {}, 'Answer by answer'),
    el('div', { class: 'card-box', id: 'spark' }),
    el('h3', {}, 'On this machine'),
    el('dl', { class: 'card-box facts-list', id: 'machine' }),
    el('p', { class: 'note fine' }, 'The engine opens no socket. This page talks to a small server on 127.0.0.1 that only the playground has.'));
}

export function drawMachine(info) {
  const { diagnostics, memory } = info;
  const providers = [...new Set(diagnostics.providers.map(([, provider]) => provider))].join(', ');
  byId('machine').replaceChildren(...[
    fact('Items', info.items.toLocaleString()),
    fact('Private memory', memory && bytes(memory.private_bytes)),
    fact('Mapped files', memory && bytes(memory.mapped_bytes)),
    fact('Graphs run on', providers.toUpperCase()),
    fact('Scan kernel', diagnostics.kernels),
    fact('ONNX Runtime', diagnostics.onnxruntime?.match(/\d+\.\d+(\.\d+)?|(?<=commit-id=)\w{7}/)?.[0]),
    fact('Reads the last', `${info.window} events`),
  ].flat().filter(Boolean));
}

/** The history panel. `open` is called with the id of an event that was clicked. */
export function drawHistory({ events, total }, info, open) {
  const memory = info.diagnostics.profile.in_memory;
  byId('forget').hidden = total === 0;
  byId('history-note').textContent = total === 0
    ? 'Nothing yet. Open something: what you do here is all that the engine learns about you.'
    : `${total.toLocaleString()} ${total === 1 ? 'event' : 'events'}, ${memory ? 'in memory only' : 'recorded in the profile folder'}.`;
  byId('events').replaceChildren(...events.map((event) => {
    const item = { id: event.id, title: event.title ?? '', attributes: event.attributes ?? {} };
    return el('li', {}, el('button', { type: 'button', class: 'event', onclick: () => open(event.id) },
      art(item),
      el('span', { class: 'event-text' },
        el('span', { class: 'event-title' }, event.title || event.id),
        el('span', { class: 'event-kind' }, icon(ui[event.kind === 'search' ? 'lens' : event.kind] ?? ui.clock), event.query ? `${past(event.kind)} with` : past(event.kind),
          event.query && el('q', {}, event.query))),
      el('time', {}, event.timestamp_ms === null ? '' : ago(event.timestamp_ms))));
  }));
}
