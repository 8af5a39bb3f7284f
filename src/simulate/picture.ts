import type { TracePoint } from './record.ts';

const WIDTH = 1200;
const PANEL_HEIGHT = 320;
const LEFT = 80;
const RIGHT = 20;
const TOP = 34;
const BOTTOM = 30;

/** Errors span many decades: the axis is linear within ± this many seconds and logarithmic beyond. */
const LINEAR_SECONDS = 1e-6;
const DECADES_MAX = 9;

/** One node's part of a picture. */
export interface Panel {
  readonly title: string;
  readonly trace: readonly TracePoint[];
}

/**
 * An SVG with one panel per node: the true error of its clock, what it believes that error to be, and the bound it
 * states around its belief; positive is ahead of the truth.
 */
export function drawPicture(title: string, panels: readonly Panel[]): string {
  const height = panels.length * PANEL_HEIGHT + 30;
  const body = panels.map((panel, index) => drawPanel(panel, 30 + index * PANEL_HEIGHT)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="white"/>
<text x="${LEFT}" y="20" font-size="15">${escapeText(title)}</text>
${body}
</svg>
`;
}

function drawPanel({ title, trace }: Panel, top: number): string {
  const end = trace.at(-1)?.atSeconds || 1;
  const decades = decadesOf(trace);
  const x = (seconds: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * seconds) / end;
  const middle = top + TOP + (PANEL_HEIGHT - TOP - BOTTOM) / 2;
  const unit = (PANEL_HEIGHT - TOP - BOTTOM) / 2 / (decades + 1);
  const y = (value: number): number => middle - unit * Math.max(-decades - 1, Math.min(decades + 1, scaled(value)));
  const parts = [
    `<text x="${LEFT}" y="${top + 18}" font-weight="bold">${escapeText(title)}</text>`,
    legend(WIDTH - RIGHT - 430, top + 18),
    band(trace, x, y, (point) => point.bound, '#dbe9f6'),
    band(trace, x, y, (point) => 2 * point.sigma, '#a9cbe8'),
  ];
  for (let decade = -decades - 1; decade <= decades + 1; decade++) {
    const at = (middle - unit * decade).toFixed(1);
    const label = decade === 0 ? '0' : tick(Math.sign(decade) * LINEAR_SECONDS * 10 ** (Math.abs(decade) - 1));
    parts.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="${decade === 0 ? '#888' : '#ddd'}"/>`,
      `<text x="${LEFT - 6}" y="${(middle - unit * decade + 4).toFixed(1)}" text-anchor="end">${label}</text>`,
    );
  }
  for (let mark = 0; mark <= 6; mark++) {
    const at = x((end * mark) / 6).toFixed(1);
    parts.push(
      `<text x="${at}" y="${top + PANEL_HEIGHT - 10}" text-anchor="middle">${duration((end * mark) / 6)}</text>`,
    );
  }
  parts.push(
    line(trace, x, y, (point) => point.estimate, '#1f6fb4'),
    line(trace, x, y, (point) => point.clock, '#c0392b'),
  );
  return parts.join('\n');
}

function decadesOf(trace: readonly TracePoint[]): number {
  let largest = 0;
  for (const { clock, estimate, bound } of trace) {
    for (const value of [Math.abs(clock), Math.abs(estimate) + bound]) {
      if (Number.isFinite(value)) largest = Math.max(largest, value);
    }
  }
  return Math.max(1, Math.min(DECADES_MAX, Math.ceil(Math.log10(largest / LINEAR_SECONDS))));
}

/** Seconds on the axis: ±1 is one linear unit, each unit beyond a decade. */
function scaled(seconds: number): number {
  const size = Math.abs(seconds) / LINEAR_SECONDS;
  return Math.sign(seconds) * (size <= 1 ? size : 1 + Math.log10(size));
}

type Scale = (value: number) => number;

function line(
  trace: readonly TracePoint[],
  x: Scale,
  y: Scale,
  value: (point: TracePoint) => number,
  colour: string,
): string {
  let path = '';
  let drawing = false;
  for (const point of trace) {
    const at = value(point);
    if (Number.isFinite(at)) path += `${drawing ? 'L' : 'M'}${x(point.atSeconds).toFixed(1)} ${y(at).toFixed(1)}`;
    drawing = Number.isFinite(at);
  }
  return `<path d="${path}" fill="none" stroke="${colour}"/>`;
}

/** The area estimate ± half, in one closed piece per stretch of known values. */
function band(
  trace: readonly TracePoint[],
  x: Scale,
  y: Scale,
  half: (point: TracePoint) => number,
  colour: string,
): string {
  const pieces: TracePoint[][] = [[]];
  for (const point of trace) {
    if (Number.isFinite(point.estimate) && Number.isFinite(half(point))) pieces.at(-1)?.push(point);
    else if (pieces.at(-1)?.length !== 0) pieces.push([]);
  }
  const at = (point: TracePoint, sign: number): string =>
    `${x(point.atSeconds).toFixed(1)} ${y(point.estimate + sign * half(point)).toFixed(1)}`;
  const path = pieces
    .filter(({ length }) => length > 1)
    .map((piece) => {
      const upper = piece.map((point) => at(point, 1));
      const lower = piece.map((point) => at(point, -1)).reverse();
      return `M${[...upper, ...lower].join('L')}Z`;
    })
    .join('');
  return `<path d="${path}" fill="${colour}"/>`;
}

function legend(left: number, y: number): string {
  const entries = [
    ['#c0392b', 'true error of the clock'],
    ['#1f6fb4', 'estimate'],
    ['#a9cbe8', '± 2σ'],
    ['#dbe9f6', '± maximum error'],
  ] as const;
  let x = left;
  return entries
    .map(([colour, text]) => {
      const at = x;
      x += 40 + 6.5 * text.length;
      return `<rect x="${at}" y="${y - 9}" width="14" height="9" fill="${colour}"/><text x="${at + 18}" y="${y}">${text}</text>`;
    })
    .join('');
}

function tick(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? '−' : '';
  if (size < 0.99e-3) return `${sign}${Math.round(size * 1e6)} µs`;
  return size < 0.99 ? `${sign}${Math.round(size * 1e3)} ms` : `${sign}${Math.round(size)} s`;
}

function duration(seconds: number): string {
  if (seconds < 600) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
