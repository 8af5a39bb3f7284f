import type { Talker, TalkerReport } from '../core/server/top-talkers.ts';
import { formatTable } from './table.ts';

/** Who asks most, as a person reads it. */
export function formatTalkers(report: TalkerReport): string {
  return [formatSources('address', report.addresses), formatSources('prefix', report.prefixes)].join('\n\n');
}

function formatSources(heading: string, talkers: readonly Talker[]): string {
  if (talkers.length === 0) return `${heading}: nobody has asked`;
  const rows = talkers.map(({ source, requestsPerSecond, dropShare, versions }) => [
    source,
    requestsPerSecond.toFixed(requestsPerSecond < 10 ? 2 : 0),
    `${(100 * dropShare).toFixed(1)} %`,
    versions.join(','),
  ]);
  return formatTable([heading, 'requests/s', 'dropped', 'versions'], rows);
}
