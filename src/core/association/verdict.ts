/**
 * What became of a datagram that arrived for an association, as a closed list; each has a counter. The first group
 * does not count as an answer, the second is an answer without a sample, the last is a sample.
 */
export const VERDICTS = [
  /** Below 48 octets, or a trailer that is neither fields nor a MAC. */
  'malformed',
  /** From another address or port than asked. */
  'wrong-address',
  /** Not a server's reply, or of another version than asked. */
  'wrong-mode',
  /** No request is in flight: it was answered or given up. */
  'late',
  /** The reply that was already accepted, once more. */
  'duplicate',
  /** The origin is neither our transmit stamp nor our receive word. */
  'bogus',
  /** A receive or transmit stamp of zero. */
  'zero-stamp',
  /** Not authentic though the source is authenticated. */
  'forged',
  /** An NTS negative acknowledgement (RFC 8915 §5.7). */
  'kiss-ntsn',
  /** Asked to slow down. */
  'kiss-rate',
  /** Access denied; believed for good only when authentic. */
  'kiss-deny',
  /** Another kiss code; nothing follows from it. */
  'kiss-other',
  /** The reply came before the request's transmit stamp was known. */
  'no-transmit-stamp',
  /** Leap 3, or stratum 0 or 16 and above. */
  'unsynchronised',
  /** Stratum above the source's max-stratum. */
  'stratum',
  /** The reference time is later than the reply. */
  'future-reftime',
  /** Root delay / 2 + root dispersion at or above 16 s (RFC 5905, MAXDISP). */
  'root-distance',
  /** Its refid is one of our addresses: it follows us. */
  'loop',
  /** The server says that it smears a leap second; its time is not UTC. */
  'smearing',
  /** Stamps out of order, a residence above 4 s, or a round trip below what clocks can misread. */
  'impossible-stamps',
  /** Round trip above max-delay. */
  'delay-long',
  /** Round trip below min-delay. */
  'delay-short',
  /** An interleaved reply about an exchange whose basic reply was already used. */
  'refined',
  /** Within five seconds of a leap second. */
  'near-leap',
  /** Made into a sample. */
  'used',
] as const;

export type Verdict = (typeof VERDICTS)[number];

/** Whether a reply with this verdict shows that the source is there and answers us. */
export function isAnswer(verdict: Verdict): boolean {
  return VERDICTS.indexOf(verdict) >= VERDICTS.indexOf('no-transmit-stamp');
}

export type VerdictCounts = Record<Verdict, number>;

export function noVerdicts(): VerdictCounts {
  return Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as VerdictCounts;
}
