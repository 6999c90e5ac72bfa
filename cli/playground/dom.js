// Elements without markup: text is only ever set as text.

const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** `el('button', { class: 'chip', onclick, 'aria-label': ... }, children...)`; strings become text. */
export function el(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** The same for SVG. */
export function svg(name, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, name), properties, children);
}

function fill(node, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key.startsWith('--')) node.style.setProperty(key, value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A line drawing of 24 x 24. */
export function icon(path, properties = {}) {
  return svg('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', ...properties }, svg('path', { d: path }));
}

const still = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Makes the children of `list` those of `keys`, in this order. A child that stays glides to its new place, a new one fades in.
 * `make(key)` builds a child; `update(child, key)` refreshes one that stays and may return another in its place.
 */
export function arrange(list, keys, make, update, duration = 420) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const before = new Map([...old].map(([key, child]) => [key, child.getBoundingClientRect()]));
  const children = keys.map((key) => {
    const kept = old.get(key);
    const child = kept ? update(kept, key) ?? kept : make(key);
    child.dataset.key = key;
    return child;
  });
  const focused = list.contains(document.activeElement) && document.activeElement.closest('[data-key]').dataset.key;
  list.replaceChildren(...children);
  // An element that is put in again has lost the focus.
  if (focused) children.find((child) => child.dataset.key === focused)?.focus({ preventScroll: true });
  if (still.matches || old.size === 0) return;
  const calm = { duration, easing: 'cubic-bezier(.2, .8, .2, 1)' };
  children.forEach((child, place) => {
    const from = before.get(child.dataset.key);
    if (!from) {
      const arrive = [{ opacity: 0, transform: 'scale(.94)' }, { opacity: 1, transform: 'none' }];
      child.animate(arrive, { ...calm, delay: Math.min(place, 8) * 18, fill: 'backwards' });
      return;
    }
    const to = child.getBoundingClientRect();
    const [x, y] = [from.left - to.left, from.top - to.top];
    if (x || y) child.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: 'none' }], calm);
  });
}

let hide;

/** One line at the bottom of the screen, for a moment. */
export function toast(text) {
  const box = byId('toast');
  box.textContent = text;
  box.classList.add('shown');
  clearTimeout(hide);
  hide = setTimeout(() => box.classList.remove('shown'), 2200);
}
