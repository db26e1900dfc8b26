// The page works without this. With it, forms do not load the page anew, what changes is shown as it happens, and keys
// do what the help says.
'use strict';
(() => {
  const get = (id) => document.getElementById(id);
  const typing = () => document.activeElement && document.activeElement.matches('input, select, textarea');

  // What is under a button of the mouse stays until the button is up: else there is no click.
  let held = false;
  for (const kind of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel', 'change']) addEventListener(kind, (event) => { held = (event.buttons & 1) === 1; }, true);

  // show puts another rendering of the page in place of this one: all of it, or only what is live.
  function show(text, all) {
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    const focused = document.activeElement && document.activeElement.id;
    const parts = all ? ['.clock', '#status', 'aside', 'main'] : [...document.querySelectorAll('[data-live]')].map((e) => '#' + e.id);
    for (const part of parts) {
      const old = document.querySelector(part), next = fresh.querySelector(part);
      if (!old || !next || old.innerHTML === next.innerHTML) continue;
      if (!all && old.contains(document.activeElement) && typing()) continue;
      const had = new Set([...old.querySelectorAll('[data-row] > a')].map((a) => a.id));
      const kept = old.querySelector(':scope > [data-keep]');
      old.innerHTML = next.innerHTML;
      if (kept && !old.querySelector('[data-keep]')) old.append(kept); // what is shown once stays until the page is left
      if (had.size) for (const a of old.querySelectorAll('[data-row] > a')) if (!had.has(a.id)) a.parentElement.classList.add('fresh');
    }
    for (const alert of document.querySelectorAll('body > .alert')) if (all) alert.remove();
    const alert = fresh.querySelector('body > .alert');
    if (all && alert) document.querySelector('.columns').before(alert);
    document.title = fresh.title;
    if (all) for (const a of document.querySelectorAll('.top nav a')) {
      const now = [...fresh.querySelectorAll('.top nav a')].find((b) => b.getAttribute('href') === a.getAttribute('href'));
      now && now.hasAttribute('aria-current') ? a.setAttribute('aria-current', 'page') : a.removeAttribute('aria-current');
    }
    if (focused && get(focused) && document.activeElement !== get(focused)) get(focused).focus({ preventScroll: true });
  }

  // What is asked last is what is shown.
  let turn = 0;
  async function load(url, options, all) {
    const mine = ++turn;
    const answer = await fetch(url, options);
    const text = await answer.text();
    if (all || mine === turn && url === location.href && !held) show(text, all);
    else if (mine === turn) refresh(); // the view has changed meanwhile, or must not change now
    return answer;
  }

  // location without what was done, so that a reload does not say it again
  const settled = (url) => { const u = new URL(url, location.href); u.searchParams.delete('done'); u.searchParams.delete('sent'); return u.href; };
  history.replaceState(null, '', settled(location.href));

  document.addEventListener('submit', async (event) => {
    const form = event.target;
    if (form.method === 'dialog' || form.method === 'get') return;
    event.preventDefault();
    const button = event.submitter || form.querySelector('button');
    if (button) button.setAttribute('aria-busy', 'true');
    try {
      const answer = await load(form.getAttribute('action'), { method: 'POST', body: new URLSearchParams(new FormData(form)) }, true);
      if (answer.redirected) history.pushState(null, '', settled(answer.url));
      const wrong = document.querySelector('[aria-invalid="true"]');
      if (wrong) wrong.focus();
    } catch { offline(true); }
    if (button) button.removeAttribute('aria-busy');
  });
  addEventListener('popstate', () => load(location.href, {}, true));

  document.addEventListener('click', async (event) => {
    const copy = event.target.closest('[data-copy]');
    if (copy) {
      const text = get(copy.dataset.copy);
      if (navigator.clipboard) {
        await navigator.clipboard.writeText(text.textContent);
        copy.textContent = 'Copied';
      } else getSelection().selectAllChildren(text); // a page that came without TLS from elsewhere may not write there
    }
  });

  // Live: whatever changes, what is shown is asked for again, a tenth of a second later at most once.
  const offline = (is) => { document.body.classList.toggle('offline', is); get('offline').hidden = !is; };
  let waiting = 0;
  function refresh() {
    clearTimeout(waiting);
    waiting = setTimeout(() => load(location.href, {}, false).catch(() => offline(true)), 100);
  }
  const stream = new EventSource('_sim/v1/stream');
  for (const kind of ['webhook', 'webhook-removed', 'delivery', 'attempt', 'notice', 'fault', 'clock', 'reset', 'missed']) stream.addEventListener(kind, refresh);
  stream.addEventListener('open', () => { offline(false); refresh(); });
  stream.addEventListener('error', () => offline(true));

  // A clock that runs is shown running.
  const factor = { manual: 0, real: 1 }[document.body.dataset.mode] ?? parseFloat(document.body.dataset.mode);
  if (factor) setInterval(() => {
    const now = get('now');
    if (!now) return;
    if (now.dataset.of !== now.dateTime) { now.dataset.of = now.dateTime; now.dataset.read = Date.now(); }
    const time = new Date(Date.parse(now.dateTime) + (Date.now() - now.dataset.read) * factor);
    now.textContent = time.toISOString().slice(0, 19).replace('T', ' ');
  }, 1000);

  const help = get('help');
  get('help-open').hidden = false;
  get('help-open').addEventListener('click', () => help.showModal());

  const rows = () => [...document.querySelectorAll('[data-row] > a')];
  const current = () => rows().findIndex((a) => a.parentElement.contains(document.activeElement));
  const move = (by) => { const all = rows(), at = current(); const to = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]; if (to) to.focus(); };
  const press = (form) => form && form.requestSubmit();
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    r: () => press(get('resend') || (rows()[current()] && rows()[current()].parentElement.querySelector('form'))),
    t: () => press((document.activeElement.closest('.webhooks li') || document).querySelector('.bolt')),
    a: () => press(get('advance-next')),
    n: () => get('new').click(),
    '?': () => help.showModal(),
  };
  document.addEventListener('keydown', (event) => {
    if (typing() || help.open || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
