// Turns a server-written spec (portal/widgets/chart.py) into a Chart.js configuration. Numbers are
// already words when they arrive (`texts`, `tick_texts`), so the page and the print say the same.
(() => {
  'use strict';
  const { Chart } = window;
  const probe = document.createElement('span');
  probe.hidden = true;
  document.documentElement.append(probe);

  /** Resolve a token to a colour of the theme in force. */
  const token = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const alpha = (name, a) => {
    const m = token(name).match(/[\d.]+/g);
    return `rgba(${m[0]}, ${m[1]}, ${m[2]}, ${a})`;
  };
  /** Chart.js treats a key set to undefined as a choice; drop those keys. */
  const clean = (o) => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== null));
  const font = (weight) => `${weight} 11px ${Chart.defaults.font.family}`;

  const crosshair = {
    id: 'crosshair',
    afterDraw(c) {
      const active = c.tooltip?.getActiveElements?.() || [];
      if (!active.length) return;
      const { x } = active[0].element; const { top, bottom } = c.chartArea; const g = c.ctx;
      g.save(); g.strokeStyle = token('line-strong'); g.lineWidth = 1;
      g.beginPath(); g.moveTo(x, top); g.lineTo(x, bottom); g.stroke(); g.restore();
    },
  };
  /** A shaded stretch of the x axis across every panel: forecast, incident, days in progress. */
  const zones = {
    id: 'zones',
    beforeDatasetsDraw(c) {
      for (const z of c.options.plugins.zones?.list || []) {
        const s = c.scales.x; const a = c.chartArea; const g = c.ctx;
        const step = (c.data.labels.length > 1 ? s.getPixelForValue(1) - s.getPixelForValue(0) : a.width);
        const half = step / 2;
        const x0 = Math.max(a.left, s.getPixelForValue(z.start) - half);
        const x1 = Math.min(a.right, s.getPixelForValue(z.end) + half);
        g.save(); g.fillStyle = alpha('ink-3', 0.09); g.fillRect(x0, a.top, x1 - x0, a.bottom - a.top);
        g.font = font(500); g.fillStyle = token('ink-3');
        g.textAlign = 'right'; g.fillText(z.label, Math.max(x1, a.left + g.measureText(z.label).width), a.top - 5); g.restore();
      }
    },
  };
  /** Names at the end of lines: direct labels beat a legend. */
  const endLabels = {
    id: 'endLabels',
    afterDatasetsDraw(c) {
      const g = c.ctx;
      const ends = [];
      c.data.datasets.forEach((d, i) => {
        const m = c.getDatasetMeta(i);
        const points = d.endLabel && c.isDatasetVisible(i) ? m.data.filter((_, k) => d.data[k] != null) : [];
        if (points.length) ends.push({ text: d.endLabel, x: points[points.length - 1].x + 8, y: points[points.length - 1].y });
      });
      ends.sort((a, b) => a.y - b.y).forEach((e, i) => { if (i) e.y = Math.max(e.y, ends[i - 1].y + 13); });
      g.save(); g.font = font(600); g.fillStyle = token('ink-2'); g.textAlign = 'left'; g.textBaseline = 'middle';
      ends.forEach((e) => g.fillText(e.text, e.x, e.y));
      g.restore();
    },
  };

  const setDefaults = () => {
    const d = Chart.defaults;
    d.font.family = getComputedStyle(document.body).fontFamily; d.font.size = 11; d.color = token('ink-3');
    d.animation.duration = 0; d.maintainAspectRatio = false; d.responsive = true;
    d.interaction.mode = 'index'; d.interaction.intersect = false; d.plugins.legend.display = false;
    Object.assign(d.plugins.tooltip, {
      backgroundColor: token('raised'), titleColor: token('ink'), bodyColor: token('ink-2'), footerColor: token('ink-3'),
      borderColor: token('line-strong'), borderWidth: 1, padding: 10, cornerRadius: 8, boxPadding: 5, boxWidth: 8, boxHeight: 8,
      titleFont: { weight: 600, size: 12 }, bodyFont: { size: 12 }, caretSize: 0, displayColors: true,
    });
    d.elements.line.borderWidth = 2; d.elements.line.cubicInterpolationMode = 'monotone';
    d.elements.point.radius = 0; d.elements.point.hoverRadius = 4; d.elements.point.hoverBorderWidth = 2; d.elements.point.hitRadius = 12;
  };

  const hover = (c) => ({ pointHoverBackgroundColor: token('surface'), pointHoverBorderColor: c });
  const kinds = {
    bar: (s, c) => ({ type: 'bar', backgroundColor: s.soft ? alpha(s.color, s.soft) : c, hoverBackgroundColor: c, barPercentage: 0.9, categoryPercentage: 0.8, maxBarThickness: 34, borderRadius: s.stack ? 0 : { topLeft: 3, topRight: 3 }, borderSkipped: false, grouped: s.grouped ?? true, ...(s.stack ? { borderColor: token('surface'), borderWidth: { top: 1 } } : {}) }),
    band: (s) => ({ type: 'line', borderWidth: 0, backgroundColor: alpha(s.color, 0.16), fill: '-1', pointHitRadius: 0, pointHoverRadius: 0, hideTip: true }),
    edge: () => ({ type: 'line', borderWidth: 0, fill: false, pointHitRadius: 0, pointHoverRadius: 0, hideTip: true }),
    points: (s, c) => ({ type: 'line', showLine: false, pointRadius: 3.5, pointBackgroundColor: token('surface'), pointBorderColor: c, pointBorderWidth: 2 }),
    dash: (s, c) => ({ type: 'line', borderColor: c, borderDash: s.color === 'viz-prev' ? [3, 4] : [5, 4], borderWidth: s.color === 'viz-prev' ? 1.25 : 2, ...hover(c) }),
    area: (s, c) => ({ type: 'line', borderColor: c, backgroundColor: alpha(s.color, 0.09), fill: 'start', ...hover(c) }),
    line: (s, c) => ({ type: 'line', borderColor: c, ...hover(c) }),
  };
  const dataset = (s) => clean({
    label: s.label, data: s.data, texts: s.texts, yAxisID: s.axis, order: s.order, stack: s.stack, endLabel: s.end,
    ...kinds[s.kind](s, token(s.color)),
    // One value alone draws no line, so it is shown as a dot.
    ...(s.kind !== 'bar' && s.kind !== 'points' ? { pointRadius: (x) => (alone(s.data, x.dataIndex) ? 2.5 : 0), pointBackgroundColor: token(s.color) } : {}),
  });
  const alone = (data, i) => data[i] != null && data[i - 1] == null && data[i + 1] == null;

  const axis = (a, { several, first }) => clean({
    type: 'linear', stack: several ? 'panels' : undefined, stackWeight: several ? a.weight : undefined, offset: several && !first,
    stacked: a.stacked, min: a.min, max: a.max, position: 'left', border: { display: false },
    grid: { drawTicks: false, color: (x) => (x.tick?.value === 0 && a.min < 0 ? token('line-input') : token('grid')) },
    afterBuildTicks: (scale) => { scale.ticks = a.ticks.map((value) => ({ value })); },
    ticks: { padding: 8, autoSkip: false, color: token('ink-3'), callback: (v, i) => a.tick_texts[i] },
  });

  const annotation = {
    event: (m) => ({ type: 'line', scaleID: 'x', value: m.start, borderColor: token('ink-3'), borderWidth: 1, borderDash: [2, 3], label: { display: true, content: m.tag, position: 'start', yAdjust: -2, backgroundColor: token('ink'), color: token('surface'), font: { size: 10, weight: 600 }, padding: { x: 5, y: 2 }, borderRadius: 4 } }),
    goal: (m) => ({ type: 'line', yScaleID: m.axis, yMin: m.at, yMax: m.at, borderColor: token('ink-2'), borderWidth: 1.25, borderDash: [6, 4], label: { display: true, content: m.label, position: 'end', yAdjust: -9, backgroundColor: 'transparent', color: token('ink-2'), font: { size: 11, weight: 600 }, padding: 0 } }),
    zero: (m) => ({ type: 'line', yScaleID: m.axis, yMin: 0, yMax: 0, borderColor: token('ink-2'), borderWidth: 1.25 }),
    point: (m) => ({ type: 'point', xValue: m.start, yValue: m.at, yScaleID: m.axis, radius: 6, backgroundColor: 'transparent', borderColor: token('bad'), borderWidth: 2 }),
  };

  const config = (spec) => {
    const bars = spec.series.some((s) => s.kind === 'bar');
    const several = spec.axes.length > 1;
    const scales = {
      x: { offset: bars, stacked: spec.axes.some((a) => a.stacked), grid: { display: false }, border: { color: token('line-strong') },
        ticks: { padding: 6, maxRotation: 0, autoSkip: true, autoSkipPadding: 28, color: token('ink-3') } },
    };
    // Chart.js builds stacked panels from the bottom up; the spec names the top one first.
    [...spec.axes].reverse().forEach((a) => { scales[a.name] = axis(a, { several, first: a === spec.axes[0] }); });
    const annotations = {};
    spec.marks.forEach((m, i) => { if (annotation[m.kind]) annotations[`m${i}`] = annotation[m.kind](m); });
    const above = spec.marks.some((m) => m.kind === 'event') ? 24 : spec.marks.some((m) => m.kind === 'zone') ? 18 : 8;
    return {
      type: 'line',
      data: { labels: spec.labels, datasets: spec.series.map(dataset) },
      options: {
        layout: { padding: { top: above, right: spec.series.some((s) => s.end) ? 64 : 4 } }, scales,
        plugins: {
          zones: { list: spec.marks.filter((m) => m.kind === 'zone') }, annotation: { annotations, clip: false },
          tooltip: {
            filter: (t) => !t.dataset.hideTip && t.parsed.y != null && !Number.isNaN(t.parsed.y),
            callbacks: {
              title: (items) => spec.titles[items[0]?.dataIndex] || items[0]?.label,
              label: (t) => ` ${t.dataset.label}   ${t.dataset.texts[t.dataIndex]}`,
              labelColor: (t) => { const c = t.dataset.type === 'bar' ? t.dataset.backgroundColor : t.dataset.borderColor || t.dataset.pointBorderColor; return { backgroundColor: c, borderColor: c, borderRadius: 2 }; },
            },
          },
        },
      },
      plugins: [zones, crosshair, endLabels],
    };
  };
  window.portalCharts = { config, setDefaults };
})();
