import { formatIpPrefix, parseIpPrefix } from '../core/server/ip-prefix.ts';
import type { Endpoint, PollLimits } from './kinds.ts';
import type { KeyPath } from './positions.ts';
import type { Config } from './schema.ts';

/** A list may have very many of them, and the log is for reading. */
const HOST_BITS_NAMED = 3;

export interface Conflict {
  readonly path: KeyPath;
  readonly message: string;
}

/** An endpoint as it is written, e.g. "[fe80::1%eth0]:123". */
export function formatEndpoint(endpoint: Endpoint): string {
  const address = endpoint.scope === null ? endpoint.address : `${endpoint.address}%${endpoint.scope}`;
  return address.includes(':') ? `[${address}]:${endpoint.port}` : `${address}:${endpoint.port}`;
}

/** What is wrong with a configuration whose every single value is right. */
export function conflicts(config: Config): Conflict[] {
  const found: Conflict[] = [];
  const listening = new Map<string, number>();
  for (const [index, { listen, interface: device }] of config.server.entries()) {
    const text = formatEndpoint(listen);
    const key = `${text} ${device ?? listen.scope ?? ''}`;
    const earlier = listening.get(key);
    if (earlier === undefined) listening.set(key, index);
    else found.push({ path: ['server', index, 'listen'], message: `${text} is already served by server[${earlier}]` });
  }
  const defaults = config.sourceDefaults;
  checkPoll(found, ['source-defaults'], defaults.initialPollInterval, defaults.pollIntervalLimits);
  for (const [index, source] of config.source.entries()) {
    checkPoll(
      found,
      ['source', index],
      source.initialPollInterval,
      source.pollIntervalLimits ?? defaults.pollIntervalLimits,
    );
    if (source.key !== null && config.keys.file === null) {
      found.push({ path: ['source', index, 'key'], message: 'needs the key file that [keys] file names' });
    }
    if (source.minDelay > source.maxDelay) {
      found.push({ path: ['source', index, 'min-delay'], message: 'is above max-delay' });
    }
  }
  return found;
}

function checkPoll(found: Conflict[], table: KeyPath, initial: number | null, limits: PollLimits): void {
  if (initial === null || (initial >= limits.min && initial <= limits.max)) return;
  found.push({
    path: [...table, 'initial-poll-interval'],
    message: `${initial} is outside poll-interval-limits (${limits.min} to ${limits.max})`,
  });
}

/** What an operator should know about a configuration that is valid. */
export function warnings(config: Config): string[] {
  const found: string[] = [];
  const sources = config.source.filter((source) => !source.noselect);
  const count = sources.reduce((sum, source) => sum + (source.mode === 'pool' ? source.count : 1), 0);
  const minimum = config.synchronization.minimumAgreeingSources;
  if (config.source.length > 0 && count < minimum) {
    found.push(
      `the configured sources (${count}) cannot reach minimum-agreeing-sources (${minimum}): ` +
        'the clock will never be set; add sources or lower it',
    );
  }
  for (const [index, server] of config.server.entries()) {
    if (server.smear !== 'none' && config.synchronization.leapFile === null) {
      found.push(`server[${index}].smear: without leap-file a leap second is known only while sources announce it`);
    }
    if (server.allowlist?.filter.length === 0)
      found.push(`server[${index}].allowlist: it is empty, so nobody is served`);
    if (server.acceptNtpVersions.length === 0) {
      found.push(`server[${index}].accept-ntp-versions: it is empty, so nobody is served`);
    }
    for (const list of ['allowlist', 'denylist'] as const) {
      found.push(...hostBitsWarnings(`server[${index}].${list}`, server[list]?.filter ?? []));
    }
  }
  return found;
}

/** What is said of prefixes with bits beyond their length: of the first in full, of the others how many they are. */
function hostBitsWarnings(list: string, filter: readonly string[]): string[] {
  const found: string[] = [];
  let more = 0;
  for (const text of filter) {
    const prefix = parseIpPrefix(text);
    if (!prefix.hostBits) continue;
    if (found.length < HOST_BITS_NAMED) found.push(`${list}: ${text} is taken for ${formatIpPrefix(prefix)}`);
    else more++;
  }
  if (more > 0) found.push(`${list}: ${more} more prefixes have bits set beyond their length, which are dropped`);
  return found;
}
