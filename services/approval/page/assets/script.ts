/**
 * The page's script: keys, live updates, a dialog. Everything can be read and decided without it. It sends no form and
 * makes no markup from what it is told; a page it fetches again is one of ours.
 */
export const script = `'use strict';
(() => {
  const find = (selector) => document.querySelector(selector);
  const rows = () => [...document.querySelectorAll('[data-row]')];
  const dirty = () => [...document.querySelectorAll('textarea, input[type=text]')].some((field) => field.value !== field.defaultValue);

  const step = (by) => {
    const all = rows();
    if (all.length === 0) return;
    const at = all.indexOf(document.activeElement);
    all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)].focus();
  };
  const focusOn = (selector) => {
    const target = find(selector);
    if (!target) return;
    target.closest('details')?.setAttribute('open', '');
    target.focus();
    target.scrollIntoView({ block: 'nearest' });
  };
  const follow = (selector) => find(selector)?.click();
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    a: () => focusOn('[data-key=a]'),
    r: () => focusOn('[data-key=r]'),
    e: () => follow('[data-key=e]'),
    u: () => follow('[data-key=u]'),
    '?': () => find('#keys')?.showModal(),
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || find('dialog[open]')) return;
    if (event.target instanceof Element && event.target.closest('input, textarea, select')) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  for (const link of document.querySelectorAll('[data-keys]')) {
    link.hidden = false;
    link.addEventListener('click', () => keys['?']());
  }
  // A form is sent once.
  document.addEventListener('submit', (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = 'yes';
    setTimeout(() => delete event.target.dataset.sent, 5000);
  });

  const live = find('[data-live]');
  if (!live) return;
  const refresh = async () => {
    const response = await fetch(live.dataset.at, { headers: { accept: 'text/html' } });
    if (!response.ok || response.redirected) return;
    const next = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const part of document.querySelectorAll('[data-fresh]')) {
      const fresh = next.getElementById(part.id);
      if (!fresh) continue;
      const focused = part.contains(document.activeElement) ? document.activeElement.id : '';
      part.replaceWith(fresh);
      if (focused) document.getElementById(focused)?.focus();
    }
  };
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh().catch(() => undefined), 250);
  };
  const say = (selector) => find(selector)?.removeAttribute('hidden');
  const { id, version, state } = live.dataset;
  const changed = (event) => {
    const change = JSON.parse(event.data);
    if (!id) return soon();
    if (change.id !== id) return;
    if (String(change.version) === version && change.state === state) return soon();
    say('#changed');
  };
  const source = new EventSource(live.dataset.live);
  source.addEventListener('open', () => { live.dataset.following = 'yes'; });
  source.addEventListener('changed', changed);
  source.addEventListener('missed', soon);
  source.addEventListener('error', () => {
    if (source.readyState !== EventSource.CLOSED) return;
    // The login ended: going through it again is one redirect, unless something was typed.
    if (live.dataset.following && !dirty() && document.visibilityState === 'visible') location.replace(live.dataset.at);
    else say('#paused');
  });
})();
`;
