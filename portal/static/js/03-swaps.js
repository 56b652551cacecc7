// htmx: morphing that leaves charts alone, 304 on a tick, errors inside their card, the drawer.
(() => {
  'use strict';
  const { htmx, Idiomorph, portal } = window;
  if (!htmx) return;

  // Morph would strip what Chart.js put on its canvas and blank it, and close what is open.
  const kept = { DETAILS: 'open', DIALOG: 'open' };
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old) => !(old.nodeName === 'CANVAS' || old.dataset?.keep !== undefined);
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => name !== kept[node.nodeName] && !(name === 'data-done');

  // A partial is never stored by the browser, so we ask with the tag of what is on the page.
  const tags = new Map();
  const ofTick = (e) => e.detail.requestConfig?.triggeringEvent?.type === 'tick' || e.detail.triggeringEvent?.type === 'tick';
  document.body.addEventListener('htmx:configRequest', (e) => {
    const tag = e.detail.verb === 'get' && ofTick(e) && tags.get(e.detail.path);
    if (tag) e.detail.headers['If-None-Match'] = tag;
    // A refresh by itself is no activity: the server doesn't count it for idle time-outs.
    if (ofTick(e)) e.detail.headers['X-Portal-Tick'] = '1';
  });
  // An address says only what was chosen: no empty field, and the first of two answers.
  document.body.addEventListener('htmx:configRequest', (e) => {
    const data = e.detail.formData;
    if (!data || e.detail.verb !== 'get') return;
    [...new Set(data.keys())].forEach((name) => {
      const values = data.getAll(name).filter((v) => v !== '');
      data.delete(name);
      (name === 'f' ? values : values.slice(0, 1)).forEach((v) => data.append(name, v));
    });
  });
  document.body.addEventListener('htmx:afterRequest', (e) => {
    const { xhr, requestConfig } = e.detail;
    if (ofTick(e) && xhr.status === 200) tags.set(requestConfig.path, xhr.getResponseHeader('ETag'));
  });

  // An answer that says what went wrong is shown where it belongs; a failed tick keeps the old card.
  document.body.addEventListener('htmx:beforeSwap', (e) => {
    const { xhr, target } = e.detail;
    if (xhr.status === 304 || xhr.status === 204) { e.detail.shouldSwap = false; return; }
    if (xhr.status < 400) return;
    const html = (xhr.getResponseHeader('Content-Type') || '').startsWith('text/html');
    const form = xhr.status === 422;
    // What selects a piece of a page would find nothing in an error and leave a hole.
    const whole = !e.detail.requestConfig?.elt?.closest?.('[hx-select]');
    e.detail.isError = !form;
    e.detail.shouldSwap = html && !ofTick(e) && (form || whole);
    if (!e.detail.shouldSwap && !ofTick(e)) portal.toast(`That did not work (${xhr.status}). Try again, or reload the page.`, 'alert');
  });
  let missed = 0;
  const paused = (on) => document.documentElement.toggleAttribute('data-paused', on);
  document.body.addEventListener('htmx:afterRequest', (e) => {
    if (!ofTick(e)) return;
    missed = e.detail.successful || e.detail.xhr.status === 304 ? 0 : missed + 1;
    paused(missed > 1);
  });
  document.body.addEventListener('htmx:sendError', (e) => {
    if (!ofTick(e)) portal.toast('The portal did not answer. Check the connection and try again.', 'alert');
  });

  // Rows behind a figure: the drawer opens when its body has arrived.
  document.body.addEventListener('htmx:afterSwap', (e) => {
    const dialog = e.detail.target.closest?.('dialog[data-on-swap="open"]');
    if (dialog?.open) dialog.querySelector('[autofocus]')?.focus();
    else if (dialog) portal.openDialog(dialog);
    if (e.detail.target.id === 'main') {
      tags.clear();
      document.querySelectorAll(':popover-open').forEach((p) => p.hidePopover());
      portal.say(document.getElementById('main')?.dataset.said || 'Updated');
    }
  });
  document.addEventListener('close', (e) => {
    // The drawer's own address goes with it.
    if (!e.target.matches?.('dialog[data-param]')) return;
    const here = new URL(location.href);
    if (!here.searchParams.has(e.target.dataset.param)) return;
    here.searchParams.delete(e.target.dataset.param);
    history.replaceState(history.state, '', here);
  }, true);
})();
