import { type IpPrefix, parseIpPrefix } from './ip-prefix.ts';
import { compilePrefixes, findIpv4, findIpv6, type PrefixTable, type ValuedPrefix } from './prefix-table.ts';

/** What becomes of a request by its source address. */
export const ACCESS_SERVE = 0;
/** No answer. */
export const ACCESS_IGNORE = 1;
/** A DENY kiss (RFC 5905 §7.4), itself limited. */
export const ACCESS_DENY = 2;
export type AccessAction = typeof ACCESS_SERVE | typeof ACCESS_IGNORE | typeof ACCESS_DENY;

/** One list as the operator writes it (ntpd-rs's form). */
export interface AccessFilter {
  /** Prefixes or addresses, IPv4 or IPv6. */
  readonly filter: readonly string[];
  readonly action: 'ignore' | 'deny';
}

/** Both lists of a listener, compiled: plain data that any thread may read. */
export interface AccessTables {
  readonly ipv4: PrefixTable;
  readonly ipv6: PrefixTable;
  /** AccessAction by the value of an address: bit 0 = in the denylist, bit 1 = in the allowlist. */
  readonly actions: Int32Array;
}

const IN_DENYLIST = 1;
const IN_ALLOWLIST = 2;

/**
 * Compiles a listener's lists. Whoever is in the denylist gets its action; else whoever is not in the allowlist gets
 * that one's, if there is one. An empty allowlist lets nobody in, which is what it says.
 *
 * @throws RangeError naming a prefix that cannot be read.
 */
export function compileAccess(allowlist: AccessFilter | null, denylist: AccessFilter | null): AccessTables {
  const prefixes: ValuedPrefix[] = [
    ...read(denylist).map((prefix) => ({ prefix, value: IN_DENYLIST })),
    ...read(allowlist).map((prefix) => ({ prefix, value: IN_ALLOWLIST })),
  ];
  const denied = actionOf(denylist);
  const outside = actionOf(allowlist);
  return {
    ipv4: compilePrefixes(4, prefixes),
    ipv6: compilePrefixes(6, prefixes),
    actions: Int32Array.of(outside, denied, ACCESS_SERVE, denied),
  };
}

function read(list: AccessFilter | null): IpPrefix[] {
  return (list?.filter ?? []).map(parseIpPrefix);
}

function actionOf(list: AccessFilter | null): AccessAction {
  if (list === null) return ACCESS_SERVE;
  return list.action === 'deny' ? ACCESS_DENY : ACCESS_IGNORE;
}

/** What the lists say about a source address: four words as the packet table has them, IPv4 mapped. */
export function decideAccess(tables: AccessTables, a: number, b: number, c: number, d: number): number {
  const mapped = a === 0 && b === 0 && c === 0xffff;
  return tables.actions[mapped ? findIpv4(tables.ipv4, d) : findIpv6(tables.ipv6, a, b, c, d)] as number;
}
