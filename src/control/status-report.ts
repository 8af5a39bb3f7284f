import type { ClockStatus, CoordinatorStatus, SourceStatus } from '../core/status.ts';
import type { DaemonStatus, ServedStatus, ServerStatus } from '../daemon/status.ts';
import { formatSeconds, formatTable } from './table.ts';

const LEAP_TEXTS = ['no leap second', 'a second is inserted today', 'a second is deleted today', 'unsynchronised'];
const ACTIONS_SHOWN = 5;
const NTP_PORT = 123;

/** The state of a daemon for people. */
export function formatStatus(status: DaemonStatus): string {
  const { synchronization } = status;
  const lines = [`ntpd-ts ${status.version}, process ${status.pid}, up ${formatDuration(status.uptimeSeconds)}`];
  if (synchronization !== null) lines.push(...clockLines(synchronization.clock));
  lines.push(servedLine(status.served), ...serverLines(status.server));
  if (synchronization !== null) lines.push('', sourceTable(synchronization), ...notes(synchronization));
  return lines.join('\n');
}

function clockLines(clock: ClockStatus): string[] {
  const lines = [`clock     ${clock.state}${clock.reason === '' ? '' : `: ${clock.reason}`}`];
  if (clock.agreeingMissing > 0) {
    lines.push(
      `missing   ${clock.agreeingMissing} more agreeing ${clock.agreeingMissing === 1 ? 'source' : 'sources'}`,
    );
  }
  if (clock.systemPeer !== null) lines.push(`reference ${clock.systemPeer}`);
  if (clock.frequencyPpm !== null) {
    const sigma = clock.frequencySigmaPpm === null ? '' : ` ± ${clock.frequencySigmaPpm.toFixed(3)}`;
    lines.push(`frequency ${clock.frequencyPpm.toFixed(3)}${sigma} ppm`);
  }
  if (clock.correctionSeconds !== null) {
    lines.push(`to go     ${formatSeconds(clock.correctionSeconds, { signed: true })}`);
  }
  if (clock.maximumErrorSeconds !== null) {
    const sigma = formatSeconds(clock.estimatedErrorSeconds ?? Number.NaN);
    lines.push(`error     about ${sigma}, at most ${formatSeconds(clock.maximumErrorSeconds)}`);
  }
  return lines;
}

function servedLine(served: ServedStatus): string {
  if (served.stratum >= 16 || served.leap === 3) return 'serves    unsynchronised';
  const delay = formatSeconds(served.rootDelaySeconds);
  const dispersion = formatSeconds(served.rootDispersionSeconds);
  const leap = LEAP_TEXTS[served.leap];
  return `serves    stratum ${served.stratum}, ${served.refid}, root delay ${delay}, dispersion ${dispersion}, ${leap}`;
}

function serverLines(server: ServerStatus): string[] {
  if (server.counters === null) return ['listens   nowhere'];
  const { received, answered, kernelDrops, shed, drops } = server.counters;
  const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0);
  const { interleaved, txKeptHardware, txKeptKernel, txKeptDaemon } = server.counters;
  const lost = server.workersLost === 0 ? '' : ` (${server.workersLost} lost and replaced)`;
  return [
    `listens   ${server.listeners.join(', ') || 'nowhere'}; ${server.workers} ${server.workers === 1 ? 'worker' : 'workers'}${lost}`,
    `requests  ${received} received, ${answered} answered, ${dropped} dropped, ${kernelDrops} dropped by the kernel, ${shed} shed`,
    `stamps    ${interleaved} interleaved answers; kept for the next: ${txKeptHardware} of cards, ${txKeptKernel} of the kernel, ${txKeptDaemon} of our own`,
  ];
}

function sourceTable({ sources }: CoordinatorStatus): string {
  const headings = [
    'source',
    'state',
    'stratum',
    'reach',
    'poll',
    'last',
    'offset',
    'sigma',
    'delay',
    'jitter',
    'bound',
  ];
  return formatTable(headings, sources.map(sourceRow));
}

function sourceRow(source: SourceStatus): string[] {
  const address = source.port === NTP_PORT ? source.address : `${source.address} port ${source.port}`;
  const name = source.name === source.address ? address : `${source.name} ${address}`;
  const ago = source.lastSampleAgoSeconds;
  return [
    name,
    source.online ? source.state : 'offline',
    String(source.stratum),
    source.reach.toString(8).padStart(3, '0'),
    `${2 ** source.pollLog2} s`,
    ago === null ? '-' : formatDuration(ago),
    optional(source.offsetSeconds, true),
    optional(source.offsetSigmaSeconds),
    optional(source.delaySeconds),
    optional(source.jitterSeconds),
    optional(source.rootDistanceSeconds),
  ];
}

function optional(seconds: number | null, signed = false): string {
  return seconds === null ? '-' : formatSeconds(seconds, { signed });
}

/** Why each source is what it is, what has no address yet, and what was last done to the clock. */
function notes({ sources, unresolved, actions }: CoordinatorStatus): string[] {
  const lines = [
    '',
    ...sources.filter(({ reason }) => reason !== '').map(({ address, reason }) => `${address}: ${reason}`),
  ];
  lines.push(...unresolved.map(({ name, reason }) => `${name}: no address: ${reason}`));
  if (actions.length > 0) lines.push('', ...actions.slice(-ACTIONS_SHOWN).map(({ message }) => message));
  return lines;
}

/** Seconds as days, hours, minutes: the two largest parts. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
