// The page itself: keeps the heartbeat, the theme, and on- and offline.
(() => {
  'use strict';
  const root = document.documentElement;

  // One heartbeat for everything live, silent while the tab is hidden or offline. (htmx's own
  // `every 30s [condition]` needs eval; without it the condition is dropped and always true.)
  const every = 1000 * Number(document.body.dataset.tickSeconds || 30);
  let last = Date.now();
  const beat = () => {
    if (document.hidden || !navigator.onLine) return;
    last = Date.now();
    document.body.dispatchEvent(new CustomEvent('tick'));
  };
  setInterval(beat, every);
  document.addEventListener('visibilitychange', () => { if (Date.now() - last >= every) beat(); });

  const connection = () => {
    const was = root.hasAttribute('data-offline');
    root.toggleAttribute('data-offline', !navigator.onLine);
    const banner = document.getElementById('offline');
    if (banner) banner.hidden = navigator.onLine;
    if (was && navigator.onLine) beat();
  };
  addEventListener('online', connection);
  addEventListener('offline', connection);
  connection();

  const isDark = () => root.dataset.theme === 'dark'
    || (root.dataset.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  const setTheme = (theme) => {
    // The server reads the cookie and writes data-theme, so a reload never flashes.
    const secure = location.protocol === 'https:' ? '; secure' : '';
    const age = theme === 'auto' ? 0 : 31536000;
    document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
    if (theme === 'auto') delete root.dataset.theme; else root.dataset.theme = theme;
    document.dispatchEvent(new Event('themechange'));
    document.querySelectorAll('[data-theme-set]').forEach((b) => {
      b.setAttribute('aria-pressed', String(b.dataset.themeSet === theme));
    });
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    if (!root.dataset.theme) document.dispatchEvent(new Event('themechange'));
  });
  document.addEventListener('click', (e) => {
    const set = e.target.closest?.('[data-theme-set]');
    if (set) setTheme(set.dataset.themeSet);
    if (e.target.closest?.('[data-act="theme"]')) setTheme(isDark() ? 'light' : 'dark');
  });

  /** Say something without showing it; the region is in base.html. */
  const say = (text) => {
    const region = document.getElementById('said');
    if (region) region.textContent = text;
  };
  window.portal = { say };
})();
