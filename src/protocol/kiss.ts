import { refidName } from './refid.ts';

/** Kiss codes and what they ask of a client (RFC 5905 §7.4, RFC 8915 §5.7). */
export const KISS_CODES = {
  ACST: 'the association belongs to an anycast server',
  AUTH: 'authentication failed',
  AUTO: 'autokey failed',
  BCST: 'the association belongs to a broadcast server',
  CRYP: 'cryptographic authentication or identification failed',
  DENY: 'access denied: do not ask this server',
  DROP: 'lost a peer in symmetric mode',
  INIT: 'the server has not yet synchronised for the first time',
  MCST: 'the association belongs to a manycast server',
  NKEY: 'no key found, or one that is not trusted',
  NTSN: 'the server could not verify the NTS cookie',
  RATE: 'rate limit exceeded: ask less often',
  RMOT: 'somebody tinkers with the association from a remote host',
  RSTR: 'access denied by local policy: do not ask this server',
  STEP: 'the server has just stepped its clock and is not synchronised yet',
} as const;

export type KissCode = keyof typeof KISS_CODES;

/** The kiss code of a reply at stratum 0, or null when the refid is not a known one. */
export function kissCode(refid: number): KissCode | null {
  const name = refidName(refid);
  return name !== null && Object.hasOwn(KISS_CODES, name) ? (name as KissCode) : null;
}
