// Forms: dates that become a custom period, unsaved changes, one submit at a time, files.
(() => {
  'use strict';
  // Changing a date means a custom period; without this script "Use these dates" says so.
  document.addEventListener('change', (e) => {
    if (!e.target.matches?.('[data-date]')) return;
    const form = e.target.form;
    form.querySelectorAll('[data-apply]').forEach((b) => { b.value = 'custom'; });
    const from = form.elements.from; const to = form.elements.to;
    if (from && to && from.value && to.value && from.value > to.value) (e.target === from ? to : from).value = e.target.value;
  });

  document.addEventListener('submit', (e) => {
    if (e.defaultPrevented || e.target.method !== 'post' || e.target.hasAttribute('hx-post')) return;
    // A second press of the same button would do the thing twice.
    if (e.target.dataset.sent) { e.preventDefault(); return; }
    e.target.dataset.sent = '1';
    setTimeout(() => { delete e.target.dataset.sent; }, 5000);
  });
  addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((f) => { delete f.dataset.sent; }));

  document.addEventListener('change', (e) => {
    if (e.target.matches?.('[data-submit-on-change]')) e.target.form?.requestSubmit();
    const named = e.target.matches?.('input[type="file"]') && document.querySelector(`[data-file-name="${e.target.id}"]`);
    if (named) named.textContent = e.target.files[0]?.name || '';
  });

  // The first field in error is where the person has to go.
  document.querySelector('[aria-invalid="true"]')?.focus();
})();
