// Placeholder art: a colour, a ground and a sign for every item, always the same for the same item. There are no pictures.

import { el, svg } from './dom.js';
import { drawingOf } from './glyphs.js';

/** Hue and chroma of the colours that catalogues name. */
const colours = {
  red: [25, 0.1], rust: [42, 0.09], orange: [58, 0.1], yellow: [92, 0.1], sand: [85, 0.045], brown: [55, 0.05],
  olive: [112, 0.06], green: [150, 0.075], teal: [190, 0.065], turquoise: [200, 0.075], blue: [245, 0.08],
  navy: [265, 0.07], purple: [300, 0.08], pink: [355, 0.085],
};

const neutral = new Set(['black', 'grey', 'gray', 'white', 'silver']);

/** A number in [0, 1) that a text and a seed decide (FNV-1a, mixed). */
function chance(text, seed) {
  let hash = 2166136261 ^ seed;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 4294967296;
}

/** Words for what kind of thing an item is, those first that its title has, too: they are the narrower ones. */
function wordsOf({ attributes, title }) {
  const sets = Object.values(attributes).flatMap((value) => value.set ?? []);
  const single = ['category', 'categories', 'genre', 'type'].map((name) => attributes[name]?.string ?? '');
  const words = [...single, ...sets].flatMap((text) => [text, ...text.split(/\W+/)]).filter(Boolean);
  const named = title.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  const [inTitle, others] = [true, false].map((has) => words.filter((word) => named.includes(word.toLowerCase()) === has));
  return [...inTitle, ...others];
}

function tint(item) {
  const named = item.attributes.colour?.string ?? item.attributes.color?.string;
  if (named in colours) return colours[named];
  // Black and white things are many: each gets a breath of a hue of its own.
  return [chance(item.id, 1) * 360, neutral.has(named) ? 0.026 : 0.07];
}

function initials(title) {
  const words = title.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join('') || '·';
}

/** The art of an item; decorative, so nothing is read out. */
export function art(item) {
  const random = (seed) => chance(item.id, seed);
  const [hue, chroma] = tint(item);
  const circle = (seed, name) => svg('circle', {
    class: name, cx: 10 + random(seed) * 80, cy: 10 + random(seed + 1) * 80, r: 26 + random(seed + 2) * 22,
  });
  const ground = svg('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'xMidYMid slice', class: 'ground' },
    circle(2, 'far'), circle(5, 'near'),
    svg('path', {
      class: 'ridge',
      d: `M0 ${70 + random(8) * 14} C ${20 + random(9) * 15} ${52 + random(10) * 22}, ${48 + random(11) * 20} ${92 - random(12) * 18}, 100 ${62 + random(13) * 20} V100 H0 Z`,
    }));
  const path = drawingOf(wordsOf(item));
  const sign = path
    ? svg('svg', { viewBox: '0 0 24 24', class: 'sign' }, svg('path', { d: path }))
    : el('span', { class: 'initials' }, initials(item.title));
  return el('span', { class: 'art', 'aria-hidden': 'true', '--hue': hue.toFixed(1), '--chroma': chroma.toFixed(3) }, ground, sign);
}
