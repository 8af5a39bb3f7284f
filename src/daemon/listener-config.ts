import { formatEndpoint } from '../config/conflicts.ts';
import type { ServerConfig } from '../config/schema.ts';
import { type AccessTables, compileAccess } from '../core/server/access.ts';
import { limitOf } from '../core/server/bucket-table.ts';
import { DEFAULT_POLICY, type ListenerPolicy } from '../core/server/listener-policy.ts';
import { DEFAULT_RATE_LIMITS, type RateLimits } from '../core/server/rate-limit.ts';
import { SMEAR_LINEAR, SMEAR_NONE, SMEAR_SLEW } from '../core/server/smear.ts';
import { OperatorError } from '../errors.ts';
import type { PoolListener } from '../workers/open-listeners.ts';
import type { BoundListener } from '../workers/pool.ts';

/**
 * A [[server]] table as the pool takes it: what to open, and what to answer there.
 *
 * @throws OperatorError for lists that are too long.
 */
export function poolListener(server: ServerConfig): PoolListener {
  const { listen, interface: device, receiveBuffer } = server;
  const bound = device ?? listen.scope;
  return {
    address: listen.address,
    port: listen.port,
    freebind: server.freebind,
    dscp: server.dscp,
    timestamping: server.timestamping,
    steering: server.steering,
    ...(bound === null ? {} : { interface: bound }),
    ...(receiveBuffer === 0 ? {} : { receiveBufferOctets: receiveBuffer }),
    policy: listenerPolicy(server),
  };
}

/** What is to be said of a listener whose receive queue is shorter than it was to be; null for nothing. */
export function shortQueueWarning(listen: string, bound: BoundListener): string | null {
  const { receiveBufferOctets, receiveBufferWanted } = bound;
  if (receiveBufferOctets >= receiveBufferWanted) return null;
  const granted = `the kernel granted a receive buffer of ${receiveBufferOctets} octets instead of ${receiveBufferWanted}`;
  return `${listen}: ${granted}; raise net.core.rmem_max to that, or give CAP_NET_ADMIN`;
}

/**
 * For a daemon whose workers were not told where the cards' clocks are, which they are when they start.
 *
 * @throws OperatorError when a listener asks for their stamps.
 */
export function refuseHardwareStamps(servers: readonly ServerConfig[]): void {
  const wanting = servers.find(({ timestamping }) => timestamping === 'hardware');
  if (wanting === undefined) return;
  const message = `${formatEndpoint(wanting.listen)}: timestamping = "hardware" for the first listener needs a restart`;
  throw new OperatorError('control-refused', message);
}

const SMEARS = { none: SMEAR_NONE, 'linear-24h-noon': SMEAR_LINEAR, slew: SMEAR_SLEW } as const;

function listenerPolicy(server: ServerConfig): ListenerPolicy {
  return {
    ...DEFAULT_POLICY,
    versions: server.acceptNtpVersions.reduce((bits, version) => bits | (1 << version), 0),
    staleLimitUs: Math.round(server.staleLimit * 1e6),
    access: accessTables(server),
    limits: server.rateLimiting ? rateLimits(server) : null,
    shedUnknown: server.overload === 'shed-unknown',
    interleaved: server.interleaved,
    cryptoNak: server.cryptoNak,
    smear: SMEARS[server.smear],
  };
}

function accessTables({ listen, allowlist, denylist }: ServerConfig): AccessTables | null {
  if (allowlist === null && denylist === null) return null;
  try {
    return compileAccess(allowlist, denylist);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const prefixes = (allowlist?.filter.length ?? 0) + (denylist?.filter.length ?? 0);
    const message = `${formatEndpoint(listen)}: allowlist and denylist: ${cause.message} (${prefixes}); join neighbours to shorter ones`;
    throw new OperatorError('config-bad-value', message, { cause });
  }
}

function rateLimits(server: ServerConfig): RateLimits {
  const { rateLimitAddress, rateLimitSubnet, rateLimitPrefix, rateLimitLeak, rateLimitKiss } = server;
  const prefix = limitOf(rateLimitPrefix.rate, rateLimitPrefix.burst);
  return {
    ...DEFAULT_RATE_LIMITS,
    ipv4Address: limitOf(rateLimitAddress.rate, rateLimitAddress.burst),
    ipv4AddressShared: server.steering === 'flow',
    ipv6Subnet: limitOf(rateLimitSubnet.rate, rateLimitSubnet.burst),
    ipv4Prefix: prefix,
    ipv6Prefix: prefix,
    ipv4PrefixLength: server.rateLimitIpv4Prefix,
    ipv6PrefixLength: server.rateLimitIpv6Prefix,
    leakLog2: rateLimitLeak === 0 ? -1 : rateLimitLeak,
    kissLog2: rateLimitKiss === 0 ? -1 : rateLimitKiss,
  };
}
