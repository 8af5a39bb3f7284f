import type { UnfitReason } from '../selection/candidate.ts';
import type { Reply } from './reply.ts';
import type { Verdict } from './verdict.ts';

/** What is known of an association that can speak against it. */
export interface Judged {
  readonly options: { readonly noselect: boolean };
  /** It refused service, authentically. */
  readonly isDenied: boolean;
  readonly isOnline: boolean;
  readonly poll: { readonly isUnreachable: boolean };
  readonly lastAnswer: Reply | null;
  readonly lastVerdict: Verdict | null;
}

/**
 * Why an association cannot take part in the selection, the gravest reason first; null when it can.
 *
 * @param hasSamples - as many as a selection needs. @param isDistant - its root distance is above `max-distance`.
 */
export function unfitReason(one: Judged, hasSamples: boolean, isDistant: boolean): UnfitReason | null {
  if (one.options.noselect) return 'noselect';
  if (one.isDenied) return 'denied';
  if (!one.isOnline) return 'offline';
  if (one.poll.isUnreachable) return 'unreachable';
  switch (one.lastVerdict) {
    case 'unsynchronised':
    case 'root-distance':
      return 'unsynchronised';
    case 'stratum':
    case 'loop':
    case 'smearing':
      return one.lastVerdict;
    default:
  }
  if (!hasSamples || one.lastAnswer === null) return 'no-samples';
  return isDistant ? 'distance' : null;
}
