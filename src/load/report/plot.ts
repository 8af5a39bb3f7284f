/** Line plots as SVG text, for a page that fetches nothing. */
import type { Scale } from './scale.ts';

export interface Series {
  readonly name: string;
  /** Index into the page's palette. */
  readonly colour: number;
  /** Stroke pattern; '' for a full line. */
  readonly dash: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly note: string }[];
}

export interface Plot {
  /** For the element's id and for tests. */
  readonly id: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
  readonly series: readonly Series[];
}

const WIDTH = 560;
const HEIGHT = 320;
const LEFT = 74;
const RIGHT = 34;
const TOP = 34;
const BOTTOM = 48;
const TICK_GAP_MIN = 34;

/** Text for HTML: nothing from a file of results can become markup. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The whole figure with axes, grid, lines, points (with a tip each) and legend. */
export function drawPlot(plot: Plot): string {
  const px = (x: number): number => LEFT + plot.x.at(x) * (WIDTH - LEFT - RIGHT);
  const py = (y: number): number => HEIGHT - BOTTOM - plot.y.at(y) * (HEIGHT - TOP - BOTTOM);
  const parts = [
    `<figure id="${plot.id}"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(plot.title)}">`,
    `<text class="title" x="${LEFT}" y="18">${escapeText(plot.title)}</text>`,
  ];
  for (const tick of plot.y.ticks) {
    const y = py(tick).toFixed(1);
    parts.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>`);
    parts.push(`<text class="tick end" x="${LEFT - 7}" y="${y}" dy="4">${escapeText(plot.formatY(tick))}</text>`);
  }
  let lastTick = Number.NEGATIVE_INFINITY;
  for (const tick of plot.x.ticks) {
    const x = px(tick);
    if (x - lastTick < TICK_GAP_MIN) continue;
    lastTick = x;
    parts.push(`<line class="grid" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`);
    parts.push(
      `<text class="tick middle" x="${x.toFixed(1)}" y="${HEIGHT - BOTTOM + 16}">${escapeText(plot.formatX(tick))}</text>`,
    );
  }
  parts.push(
    `<text class="label middle" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}">${escapeText(plot.xLabel)}</text>`,
    `<text class="label middle" transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">${escapeText(plot.yLabel)}</text>`,
  );
  for (const series of plot.series) parts.push(drawSeries(series, px, py));
  parts.push('</svg><figcaption>');
  for (const { name, colour, dash } of plot.series) {
    parts.push(
      `<span class="key"><svg viewBox="0 0 26 8"><line class="c${colour}" x1="0" x2="26" y1="4" y2="4" stroke-dasharray="${dash}"/></svg>${escapeText(name)}</span>`,
    );
  }
  parts.push('</figcaption></figure>');
  return parts.join('');
}

function drawSeries(series: Series, px: (x: number) => number, py: (y: number) => number): string {
  const places = series.points.map(({ x, y, note }) => ({ x: px(x).toFixed(1), y: py(y).toFixed(1), note }));
  const line = places.map(({ x, y }) => `${x},${y}`).join(' ');
  const marks = places.map(
    ({ x, y, note }) =>
      `<circle class="c${series.colour}" cx="${x}" cy="${y}" r="3"><title>${escapeText(`${series.name}: ${note}`)}</title></circle>`,
  );
  return `<polyline class="c${series.colour}" points="${line}" stroke-dasharray="${series.dash}"/>${marks.join('')}`;
}
