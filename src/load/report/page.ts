/** The page of `--html`: self-contained, without a script, fetching nothing. */
import type { LoadResults } from '../results.ts';
import type { StepResult } from '../step-result.ts';
import {
  distributionCell,
  formatCount,
  formatNs,
  formatShare,
  oddities,
  overloadLine,
  searchLine,
} from '../terminal.ts';
import { figures } from './figures.ts';
import { drawPlot, escapeText } from './plot.ts';

const PALETTE = ['#2563a8', '#c2410c', '#15803d', '#7e22ce', '#b91c1c', '#0e7490', '#a16207', '#4b5563'];

const STYLE = `
:root{color-scheme:light dark;--ink:#1c1c1c;--paper:#fff;--faint:#8883;--quiet:#666}
@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--paper:#161616;--quiet:#aaa}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1200px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(460px,1fr));gap:1.2rem}
figure{margin:0}figure>svg{width:100%;height:auto}
figcaption{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.8rem;padding-left:4rem}
.key svg{width:26px;height:8px;margin-right:.35rem}
text{fill:var(--ink);font:12px system-ui,sans-serif}.title{font-size:14px;font-weight:600}.tick{fill:var(--quiet);font-size:11px}
.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:var(--faint);stroke-width:1}
polyline{fill:none;stroke-width:2}.key line{stroke-width:2.5}circle{stroke:none}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--faint)}th:first-child,td:first-child{text-align:left}
.invalid td{color:var(--quiet);text-decoration:line-through}.note{color:var(--quiet);font-size:.85rem}
${PALETTE.map((colour, i) => `polyline.c${i},line.c${i}{stroke:${colour}}circle.c${i}{fill:${colour}}`).join('')}`;

/** One page for one or several servers. All text from results is escaped. */
export function htmlReport(all: readonly LoadResults[]): string {
  const title = all.map(({ about }) => about.label).join(' · ');
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>ntpd-ts load: ${escapeText(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>NTP under load: ${escapeText(title)}</h1>`,
    '<p class="note">Open loop: latency counts from the time a request was meant to leave, so a server that stalls cannot ' +
      'hide it. Every reply was verified and matched to its request. Steps that the generator could not keep are struck ' +
      'out and not drawn.</p>',
    `<div class="plots">${figures(all).map(drawPlot).join('')}</div>`,
    ...all.map(section),
    '</body></html>\n',
  ].join('\n');
}

function section(results: LoadResults): string {
  const { about, search, overload } = results;
  const facts = [
    `${about.target}, ${formatCount(about.clients)} clients, ${about.generators} generating thread${about.generators === 1 ? '' : 's'}` +
      ` (${about.engine?.transmit ?? 'unknown'})`,
    `${about.startedAt}, ${about.program}, Linux ${about.kernel}, ${about.processor}, Node ${about.node}`,
    about.options.join(' '),
  ];
  const findings = [...(search === null ? [] : [searchLine(search)]), ...overload.map(overloadLine)];
  return [
    `<h2>${escapeText(about.label)}</h2>`,
    `<p class="note">${facts.map(escapeText).join('<br>')}</p>`,
    ...findings.map((finding) => `<p>${escapeText(finding)}</p>`),
    `<div class="wide"><table><thead><tr>${HEADINGS.map((heading) => `<th>${heading}</th>`).join('')}</tr></thead>`,
    `<tbody>${results.steps.map(tableLine).join('')}</tbody></table></div>`,
  ].join('\n');
}

const HEADINGS = [
  'offered/s',
  'sent',
  'answered',
  'loss',
  'p50',
  'p90',
  'p99',
  'p99.9',
  'max',
  'T3 − T2',
  'T3 error, σ',
  'T2 error, σ',
  'remarks',
];

function tableLine(step: StepResult): string {
  const { latency, residence, transmitError, receiveError } = step.distributions;
  const error = ({ count, mean, deviation }: typeof latency): string =>
    count === 0 ? '–' : `${formatNs(mean)}, ${formatNs(deviation)}`;
  const cells = [
    formatCount(step.rate),
    formatCount(step.counts.sent),
    formatCount(step.counts.answered + step.counts.unsynchronised),
    formatShare(step.loss),
    ...[latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map((ns) => distributionCell(latency, ns)),
    distributionCell(residence, residence.p50),
    error(transmitError),
    error(receiveError),
    [...step.invalidReasons, ...oddities(step.counts)].join('; '),
  ];
  const row = cells.map((cell) => `<td>${escapeText(cell)}</td>`).join('');
  return `<tr${step.valid ? '' : ' class="invalid"'}>${row}</tr>`;
}
