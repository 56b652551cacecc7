// Shortcuts, the command palette, and small lists that filter and can be walked by arrow keys.
(() => {
  'use strict';
  const { portal } = window;
  const palette = () => document.querySelector('dialog.cmd');
  const openPalette = () => {
    const dialog = palette();
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector('input')?.select();
    walk(dialog, 0);
  };
  document.addEventListener('click', (e) => { if (e.target.closest?.('[data-act="cmd"]')) openPalette(); });

  // Single letters are ignored in fields and can be switched off in settings (WCAG 2.1.4).
  const letters = document.body.dataset.keys !== 'off';
  let pending = '';
  const press = (key) => {
    const hit = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((n) => !n.closest('[hidden]'));
    hit?.click();
    return Boolean(hit);
  };
  document.addEventListener('keydown', (e) => {
    if ((e.metaKey || e.ctrlKey) && e.key.toLowerCase() === 'k') { e.preventDefault(); openPalette(); return; }
    if (!letters || e.metaKey || e.ctrlKey || e.altKey) return;
    if (e.target.closest('input, textarea, select, [contenteditable], dialog[open]')) return;
    if (e.key === '?') { e.preventDefault(); portal.openDialog(document.getElementById('shortcuts')); return; }
    if (e.key === '/') { const s = document.querySelector('#main input[type="search"]'); if (s) { e.preventDefault(); s.focus(); } return; }
    if (e.key === 'g' && !pending) { pending = 'g '; setTimeout(() => { pending = ''; }, 1200); return; }
    if (press(pending + e.key)) e.preventDefault();
    pending = '';
  });

  // Lists: an input with data-filter hides what doesn't match; arrows move, Enter opens.
  const shown = (box) => [...box.querySelectorAll('[role="option"]')].filter((o) => !o.hidden);
  function walk(box, to) {
    const items = shown(box);
    if (!items.length) return;
    const at = (to + items.length) % items.length;
    box.querySelectorAll('[role="option"]').forEach((o) => o.setAttribute('aria-selected', 'false'));
    items[at].setAttribute('aria-selected', 'true');
    items[at].scrollIntoView({ block: 'nearest' });
    box.querySelector('input')?.setAttribute('aria-activedescendant', items[at].id);
  }
  document.addEventListener('input', (e) => {
    const list = document.getElementById(e.target.dataset?.filter || '');
    if (!list) return;
    const words = e.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.querySelectorAll('[role="option"], [data-item]').forEach((item) => {
      item.hidden = !words.every((w) => item.textContent.toLowerCase().includes(w));
    });
    list.querySelectorAll('[role="group"]').forEach((g) => { g.hidden = !g.querySelector('[role="option"]:not([hidden])'); });
    const none = list.querySelector('[data-none]');
    if (none) none.hidden = Boolean(list.querySelector('[role="option"]:not([hidden]), [data-item]:not([hidden])'));
    walk(e.target.closest('dialog, [popover]') || list, 0);
  });
  document.addEventListener('keydown', (e) => {
    const box = e.target.closest?.('[role="combobox"]') && e.target.closest('dialog, [popover]');
    if (!box) return;
    const items = shown(box);
    const at = items.findIndex((o) => o.getAttribute('aria-selected') === 'true');
    if (e.key === 'ArrowDown') { e.preventDefault(); walk(box, at + 1); }
    if (e.key === 'ArrowUp') { e.preventDefault(); walk(box, at - 1); }
    if (e.key === 'Enter' && items[at]) { e.preventDefault(); items[at].click(); }
  });
  // Results of a search arrive later than the keystroke.
  document.body.addEventListener('htmx:afterSwap', (e) => {
    const box = e.detail.target.closest?.('dialog.cmd, .switch-pop');
    if (box) walk(box, 0);
  });
})();
