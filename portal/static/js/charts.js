// Draws every <figure class="chart" data-spec='…'>; the server's SVG stays for print and for no script.
// A changed attribute (after a morph swap) redraws in place; a theme change only redraws.
(() => {
  'use strict';
  const { Chart, portalCharts } = window;
  if (!Chart || !portalCharts) return;
  const { config, setDefaults } = portalCharts;

  const draw = (figure) => {
    const canvas = figure.querySelector('canvas');
    if (!canvas) return;
    Chart.getChart(canvas)?.destroy();
    const hidden = JSON.parse(figure.dataset.off || '[]');
    const chart = new Chart(canvas, config(JSON.parse(figure.dataset.spec)));
    chart.data.datasets.forEach((d, i) => { if (hidden.includes(d.label)) chart.hide(i); });
    if (!canvas.dataset.keys) { canvas.dataset.keys = '1'; keyboard(canvas); }
  };
  const mount = (node) => {
    if (node.matches?.('figure[data-spec]')) draw(node);
    node.querySelectorAll?.('figure[data-spec]').forEach(draw);
  };

  /** Left and Right walk the points, Home and End jump; each value is announced. */
  const keyboard = (canvas) => {
    let at = -1;
    canvas.addEventListener('keydown', (e) => {
      const chart = Chart.getChart(canvas);
      const n = chart.data.labels.length;
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: n - 1 }[e.key];
      if (to === undefined || !n) return;
      e.preventDefault();
      at = Math.max(0, Math.min(n - 1, to));
      const found = chart.data.datasets.flatMap((d, k) => (d.hideTip || d.data[at] == null || !chart.isDatasetVisible(k) ? [] : [{ datasetIndex: k, index: at }]));
      chart.setActiveElements(found);
      chart.tooltip.setActiveElements(found, { x: 0, y: 0 });
      chart.update('none');
      const spec = JSON.parse(canvas.closest('figure').dataset.spec);
      const values = found.map(({ datasetIndex: k }) => `${chart.data.datasets[k].label} ${chart.data.datasets[k].texts[at]}`);
      window.portal?.say(`${spec.titles[at] || spec.labels[at]}: ${values.join(', ') || 'no value'}`);
    });
    canvas.addEventListener('blur', () => { at = -1; const c = Chart.getChart(canvas); c?.setActiveElements([]); c?.tooltip.setActiveElements([], { x: 0, y: 0 }); c?.update('none'); });
  };

  // Legend entries that name a series are buttons: they hide and show it.
  document.addEventListener('click', (e) => {
    const button = e.target.closest?.('[data-series]');
    const figure = button && document.getElementById(button.getAttribute('aria-controls'));
    const chart = figure && Chart.getChart(figure.querySelector('canvas'));
    if (!chart) return;
    const i = chart.data.datasets.findIndex((d) => d.label === button.dataset.series);
    const on = !chart.isDatasetVisible(i);
    chart.setDatasetVisibility(i, on);
    chart.update();
    button.setAttribute('aria-pressed', String(on));
    figure.dataset.off = JSON.stringify(chart.data.datasets.filter((_, k) => !chart.isDatasetVisible(k)).map((d) => d.label));
  });

  const start = () => {
    setDefaults();
    // The class hides the SVG and shows the canvas, which fills the same box.
    document.documentElement.classList.add('charts');
    mount(document);
  };
  document.addEventListener('themechange', () => { setDefaults(); mount(document); });
  document.body.addEventListener('htmx:load', (e) => { if (e.detail.elt !== document.body) mount(e.detail.elt); });
  new MutationObserver((changes) => changes.forEach((c) => {
    if (c.target.matches('figure[data-spec]') && c.oldValue !== c.target.dataset.spec) draw(c.target);
  })).observe(document.body, { subtree: true, attributes: true, attributeOldValue: true, attributeFilter: ['data-spec'] });
  document.fonts.ready.then(start);
})();
