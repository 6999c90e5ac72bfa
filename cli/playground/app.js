// The app on the phone: what is asked when, and what is shown then.

import { call, latest, onAnswer } from './api.js';
import { arrange, byId, el, icon, toast } from './dom.js';
import { drawEngine, drawHistory, drawMachine, heard } from './engine.js';
import { ui } from './glyphs.js';
import { bindTune, closeSheet, scope, tuned } from './tune.js';
import { card, context, marked, page, past, refresh, row } from './hits.js';

const firstPage = 24;
const mostHits = 240;

/** What is known of the pack and the user; the rest of the state is what is on the screen. */
const state = { info: null, kinds: new Map(), feed: [], feedLimit: firstPage, stale: false, item: null, opener: null };

const keystroke = latest('keystroke');
const ranked = latest('ranked');
const complete = latest('complete');
const feed = latest('feed');

const say = (text) => { byId('live').textContent = text; };

/** Runs an action of the user; a failure becomes a line at the bottom. */
const guarded = (action) => async (...given) => {
  try {
    await action(...given);
  } catch (error) {
    toast(error.message);
  }
};

// --- the feed

async function showFeed() {
  const answer = await feed({ limit: state.feedLimit, scope: scope(), tuning: tuned() });
  if (!answer) return;
  state.feed = answer.hits;
  state.stale = false;
  const items = new Map(answer.hits.map((hit) => [hit.id, hit]));
  const about = context(answer.titles, state.kinds);
  byId('feed-empty').hidden = items.size > 0;
  arrange(byId('feed'), [...items.keys()],
    (id) => card(items.get(id), about, (item) => visit(item, 'feed', about), dislikeKind() && dislike),
    (node, id) => refresh(node, items.get(id), about));
}

const dislikeKind = () => state.info.kinds.find((kind) => kind.sign < 0)?.name;

/** From the corner of a card: gone from the next list, and what is like it sinks. */
const dislike = guarded(async (item) => {
  await call('record', { id: item.id, kind: dislikeKind() });
  await recorded();
  toast('Gone. Less like this from now on.');
});

function moreFeed() {
  if (state.feed.length < state.feedLimit || state.feedLimit >= mostHits) return;
  state.feedLimit += firstPage;
  guarded(showFeed)();
}

// --- the search

const typed = () => byId('query').value.trim();

async function showResults() {
  const query = typed();
  byId('clear-query').hidden = byId('query').value === '';
  byId('view-feed').hidden = query !== '';
  byId('view-results').hidden = query === '';
  guarded(showCompletions)();
  if (query === '') {
    if (state.stale) await showFeed();
    return;
  }
  byId('view-results').scrollTop = 0;
  const first = await keystroke({ query, limit: 30, scope: scope() });
  if (!first || query !== typed()) return;
  // Without an item that has the words there is no first answer: what is on the screen stays until the whole one is here.
  if (first.hits.length > 0) drawResults(first, query);
  const whole = await ranked({ number: first.number });
  if (!whole || query !== typed()) return;
  drawResults(whole, query);
  byId('found').textContent = whole.total_hits < state.info.items ? `${whole.total_hits.toLocaleString()} found` : '';
  say(`${whole.total_hits} results`);
}

function drawResults(answer, query) {
  const about = context(answer.titles, state.kinds);
  const list = byId('results');
  // Rows are made anew: their marks change with every letter.
  const items = new Map(answer.hits.map((hit) => [hit.id, hit]));
  const make = (id) => row(items.get(id), about, (item) => visit(item, 'search', about, query));
  list.querySelector('.empty')?.remove();
  arrange(list, [...items.keys()], make, (node, id) => make(id), 240);
  byId('found').hidden = items.size === 0;
  if (items.size === 0) list.replaceChildren(el('p', { class: 'empty' }, 'Nothing fits. Try fewer words.'));
}

/** What the search box offers, as a strip below it: own queries first, where nothing was typed only those. */
async function showCompletions() {
  const answer = await complete({ typed: byId('query').value, limit: 6 });
  if (!answer) return;
  const drawings = { query: ui.clock, category: ui.tag, title: ui.lens };
  const offers = answer.completions.filter((offer) => offer.text !== byId('query').value);
  // Own queries come up when somebody is about to type.
  const wanted = typed() !== '' || document.activeElement === byId('query');
  byId('completions').hidden = offers.length === 0 || !wanted;
  byId('completions').replaceChildren(...offers.map((offer) => {
    const take = () => {
      byId('query').value = offer.text;
      byId('query').focus();
      return showResults();
    };
    return el('button', { type: 'button', class: 'offer', onclick: guarded(take) },
      icon(drawings[offer.kind]), el('span', {}, marked(offer.text, offer.marks)));
  }));
}

// --- an item

const kindFor = (place) => {
  const { kinds } = state.info;
  const searched = place === 'search' && kinds.find((kind) => kind.task === 'search');
  return (searched || kinds.find((kind) => kind.task === 'recommend' && kind.sign > 0) || kinds[0])?.name;
};

/** Opening an item is an event: from the results it is the answer to a search, elsewhere a view. */
const visit = guarded(async (item, place, about, query) => {
  state.opener = document.activeElement;
  showItem(item, about);
  history.pushState({ item: item.id }, '');
  const kind = kindFor(place);
  if (!kind) return;
  await call('record', { id: item.id, kind, ...(place === 'search' && { query }) });
  await recorded();
});

/** Buttons for what else can be done with an item, from the pack's kinds of event. */
function actionsFor(item) {
  const viewing = kindFor('feed');
  const names = { like: 'Like', buy: 'Buy', dislike: 'Not for me' };
  const wanted = state.info.kinds.filter((kind) => kind.task !== 'search' && kind.name !== viewing);
  return wanted.map((kind) => {
    const act = guarded(async (event) => {
      const button = event.currentTarget;
      button.setAttribute('aria-pressed', 'true');
      await call('record', { id: item.id, kind: kind.name });
      await recorded();
      toast(kind.sign > 0 ? 'Noted. The feed follows.' : 'Noted. You will see less like this.');
    });
    const drawing = ui[kind.name] ?? (kind.sign > 0 ? ui.spark : ui.dislike);
    return el('button', { type: 'button', class: `action ${kind.sign > 0 ? 'good' : 'bad'}`, onclick: act },
      icon(drawing), names[kind.name] ?? past(kind.name));
  });
}

function showItem(item, about) {
  closeSheet();
  const view = byId('view-item');
  state.item = item.id;
  view.replaceChildren(...page(item, { about, actions: actionsFor(item), back: () => history.back() }).flat());
  view.hidden = false;
  view.scrollTop = 0;
  document.body.classList.add('on-item');
  view.querySelector('h1').focus({ preventScroll: true });
  guarded(showSimilar)(item.id);
}

async function showSimilar(id) {
  const answer = await call('similar', { id, limit: 12 });
  if (state.item !== id) return;
  const about = context(answer.titles, state.kinds);
  byId('similar').replaceChildren(...answer.hits.map((hit) =>
    card({ ...hit, reasons: [] }, about, () => visit(hit, 'similar', about))));
}

async function closeItem() {
  state.item = null;
  byId('view-item').hidden = true;
  document.body.classList.remove('on-item');
  if (state.opener?.isConnected) state.opener.focus({ preventScroll: true });
  if (typed() !== '') await showResults();
  else if (state.stale) await showFeed();
}

window.addEventListener('popstate', guarded(async ({ state: at }) => {
  if (!at?.item) await closeItem();
  else await openById(at.item);
}));

async function openById(id) {
  const item = await call('item', { id });
  showItem(item, context({}, state.kinds));
}

// --- what the engine knows

async function recorded() {
  state.stale = true;
  await showHistory();
  guarded(showCompletions)();
  if (state.item === null && typed() === '') await showFeed();
}

async function showHistory() {
  const [past_, info] = await Promise.all([call('history'), call('info')]);
  state.info = info;
  state.kinds = new Map(past_.events.toReversed().map((event) => [event.id, event.kind]));
  drawHistory(past_, info, guarded(async (id) => {
    await openById(id);
    history.pushState({ item: id }, '');
    showTab('discover');
  }));
  drawMachine(info);
  const { total } = past_;
  byId('feed-note').textContent = total === 0
    ? `The best of ${info.items.toLocaleString()}; nothing is known about you yet.`
    : `Shaped by ${total === 1 ? 'one thing' : `${total} things`} you did here.`;
}

const forget = guarded(async () => {
  const button = byId('forget');
  if (!button.classList.contains('sure')) {
    button.classList.add('sure');
    button.textContent = 'Really forget?';
    setTimeout(calmForget, 3000);
    return;
  }
  calmForget();
  await call('clear');
  await recorded();
  toast('Everything is forgotten.');
});

function calmForget() {
  byId('forget').classList.remove('sure');
  byId('forget').textContent = 'Forget all';
}

// --- the frame

function showTab(tab) {
  document.body.dataset.tab = tab;
  document.querySelectorAll('.tabs button').forEach((button) => {
    if (button.dataset.tab === tab) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  });
}

function showClock() {
  byId('clock').textContent = new Date().toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
}

function suggest() {
  const { example } = state.info;
  if (!example) return;
  byId('query').placeholder = `Try “${example}”`;
}

function keys(event) {
  const query = byId('query');
  if (event.key === '/' && document.activeElement !== query && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    if (state.item !== null) history.back();
    query.focus();
    query.select();
  } else if (event.key === 'Escape') {
    if (!byId('sheet').hidden) closeSheet();
    else if (state.item !== null) history.back();
    else if (query.value !== '') clearQuery();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const rows = [...document.querySelectorAll('#results .row')];
    if (rows.length === 0 || state.item !== null || typed() === '') return;
    const at = rows.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== query) return;
    event.preventDefault();
    (rows[at + (event.key === 'ArrowDown' ? 1 : -1)] ?? (at <= 0 ? query : rows.at(-1))).focus();
  }
}

function clearQuery() {
  byId('query').value = '';
  byId('query').focus();
  guarded(showResults)();
}

async function start() {
  byId('lens').append(icon(ui.lens));
  byId('clear-query').append(icon(ui.close));
  byId('theme').append(icon(ui.theme));
  byId('status-icons').append(icon(ui.plane), el('span', { class: 'battery' }));
  onAnswer(heard);
  drawEngine();
  showClock();
  setInterval(showClock, 10_000);
  byId('query').addEventListener('input', guarded(showResults));
  byId('query').addEventListener('focus', guarded(showCompletions));
  byId('search').addEventListener('submit', (event) => { event.preventDefault(); byId('query').blur(); });
  byId('clear-query').addEventListener('click', clearQuery);
  byId('forget').addEventListener('click', forget);
  byId('theme').addEventListener('click', switchTheme);
  document.addEventListener('keydown', keys);
  document.querySelectorAll('.tabs button').forEach((button) => button.addEventListener('click', () => showTab(button.dataset.tab)));
  // A page that is loaded again starts on the feed.
  history.replaceState(null, '');
  await showHistory();
  document.title = `${state.info.name} · gensr playground`;
  suggest();
  bindTune({
    info: () => state.info,
    question: () => (typed() === '' ? ['feed', { tuning: tuned() }] : ['search', { query: typed() }]),
    changed: guarded(async () => { if (typed() === '') await showFeed(); else { state.stale = true; await showResults(); } }),
    failed: (error) => toast(error.message),
  });
  await showFeed();
  guarded(showCompletions)();
  new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && moreFeed(), { rootMargin: '400px' })
    .observe(byId('feed-more'));
  document.body.classList.add('ready');
}

guarded(start)();
