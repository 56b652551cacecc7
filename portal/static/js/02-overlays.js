// Popovers, dialogs, the drawer, the sidebar on a phone and toasts.
(() => {
  'use strict';
  const { portal } = window;

  // Place a popover under the button that opened it, or above where there is no room below.
  document.addEventListener('toggle', (e) => {
    const pop = e.target;
    if (!pop.matches?.('[popover].pop') || e.newState !== 'open') return;
    const opener = e.source || document.querySelector(`[popovertarget="${pop.id}"]`);
    const b = opener?.getBoundingClientRect();
    if (!b) return;
    const w = pop.offsetWidth; const h = pop.offsetHeight; const m = 12;
    const x = Math.min(Math.max(m, b.left), innerWidth - w - m);
    const below = b.bottom + 6 + h <= innerHeight - m || b.top - 6 - h < m;
    pop.style.left = `${Math.max(m, x)}px`;
    pop.style.top = `${below ? Math.min(b.bottom + 6, Math.max(m, innerHeight - h - m)) : b.top - 6 - h}px`;
    pop.querySelector('[autofocus]')?.focus();
  }, true);

  const openDialog = (dialog) => {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector('[autofocus], h2[tabindex]')?.focus();
  };

  const acts = {
    menu: (button) => {
      const bar = document.querySelector('.sidebar');
      const open = bar.toggleAttribute('data-open');
      document.querySelectorAll('[data-act="menu"]').forEach((b) => b.setAttribute('aria-expanded', String(open)));
      (open ? bar.querySelector('a, button') : button).focus();
    },
    close: (button) => button.closest('dialog, [popover]')?.[button.closest('dialog') ? 'close' : 'hidePopover'](),
    open: (button) => openDialog(document.getElementById(button.dataset.dialog)),
    dismiss: (button) => button.closest('.toast, .banner')?.remove(),
    reload: () => location.reload(),
    print: () => print(),
    reveal: (button) => {
      const field = document.getElementById(button.getAttribute('aria-controls'));
      const shown = field.type === 'text';
      field.type = shown ? 'password' : 'text';
      button.setAttribute('aria-pressed', String(!shown));
      button.setAttribute('aria-label', shown ? 'Show password' : 'Hide password');
    },
    copy: async (button) => {
      const from = document.getElementById(button.dataset.from);
      await navigator.clipboard.writeText(from.value ?? from.textContent.trim());
      portal.say('Copied');
      button.dataset.done = '1';
    },
  };
  document.addEventListener('click', (e) => {
    const button = e.target.closest?.('[data-act]');
    if (button && acts[button.dataset.act]) { e.preventDefault(); acts[button.dataset.act](button); }
    // A click on the backdrop lands on the dialog element itself.
    else if (e.target.matches?.('dialog.drawer')) e.target.close();
  });

  // A form that asks first: data-confirm names the dialog, whose button submits the form.
  document.addEventListener('submit', (e) => {
    const dialog = document.getElementById(e.target.dataset?.confirm || '');
    if (!dialog || e.target.dataset.confirmed) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    const submitter = e.submitter;
    openDialog(dialog);
    dialog.addEventListener('close', () => {
      if (dialog.returnValue !== 'yes') { submitter?.focus(); return; }
      e.target.dataset.confirmed = '1';
      e.target.requestSubmit(submitter);
      delete e.target.dataset.confirmed;
    }, { once: true });
  }, true);

  document.addEventListener('keydown', (e) => {
    const bar = document.querySelector('.sidebar[data-open]');
    if (e.key === 'Escape' && bar) acts.menu(document.querySelector('.topbar [data-act="menu"]'));
  });

  /** Show a toast; `kind` is "status" or "alert". It leaves after 8 s unless it holds an action. */
  const toast = (text, kind = 'status') => {
    const shelf = document.getElementById('toasts');
    const made = document.getElementById('toast-shape')?.content.firstElementChild.cloneNode(true);
    if (!shelf || !made) return;
    made.setAttribute('role', kind);
    made.querySelector('[data-text]').textContent = text;
    shelf.append(made);
  };
  new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => {
    if (n.matches?.('.toast') && !n.querySelector('a, button:not([data-act="dismiss"])')) setTimeout(() => n.remove(), 8000);
  }))).observe(document.getElementById('toasts') || document.createElement('i'), { childList: true });
  Object.assign(portal, { toast, openDialog });
})();
