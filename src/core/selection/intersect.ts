import type { Candidate } from './candidate.ts';

/** A stretch of the time line. */
export interface Region {
  readonly lowSeconds: number;
  readonly highSeconds: number;
}

export interface Intersection {
  /** How many intervals the best region lies in. */
  readonly count: number;
  /** The region that most intervals share: where the time is, if all of them are right. */
  readonly region: Region;
  /**
   * Everything that a strict majority of the intervals covers, with what lies between: where the time must be as
   * long as a majority is right, whichever it is. Null when no majority agrees.
   */
  readonly majority: Region | null;
}

/**
 * Intersects correctness intervals (RFC 5905 §11.2.1 after Marzullo).
 *
 * @param candidates - at least one; their order does not matter.
 * @param anchorSeconds - where the time was last believed to be: decides between regions that equally many share,
 *   so that the selection does not hop. Null: the narrowest wins.
 */
export function intersect(candidates: readonly Candidate[], anchorSeconds: number | null): Intersection {
  const edges: { at: number; opens: boolean }[] = [];
  for (const { lowSeconds, highSeconds } of candidates) {
    edges.push({ at: lowSeconds, opens: true }, { at: highSeconds, opens: false });
  }
  // Intervals that only touch do share a point: what opens comes first.
  edges.sort((a, b) => a.at - b.at || Number(b.opens) - Number(a.opens));
  const majority = Math.floor(candidates.length / 2) + 1;
  let count = 0;
  let best = 0;
  let region: Region = { lowSeconds: Number.NEGATIVE_INFINITY, highSeconds: Number.POSITIVE_INFINITY };
  let majorityLow: number | null = null;
  let majorityHigh = 0;
  for (const [index, edge] of edges.entries()) {
    if (!edge.opens) {
      if (count >= majority) majorityHigh = edge.at;
      count--;
      continue;
    }
    count++;
    if (count >= majority) majorityLow ??= edge.at;
    const next = edges[index + 1];
    if (next === undefined || next.opens) continue;
    const found = { lowSeconds: edge.at, highSeconds: next.at };
    if (count > best || (count === best && isBetter(found, region, anchorSeconds))) {
      best = count;
      region = found;
    }
  }
  const hull = majorityLow === null ? null : { lowSeconds: majorityLow, highSeconds: majorityHigh };
  return { count: best, region, majority: hull };
}

/** Whether an interval covers all of a region. */
export function covers(candidate: Candidate, region: Region): boolean {
  return candidate.lowSeconds <= region.lowSeconds && candidate.highSeconds >= region.highSeconds;
}

/** How far a time is outside of a region; 0 within. */
export function outside(region: Region, atSeconds: number): number {
  return Math.max(0, region.lowSeconds - atSeconds, atSeconds - region.highSeconds);
}

function isBetter(a: Region, b: Region, anchorSeconds: number | null): boolean {
  if (anchorSeconds !== null) {
    const nearer = outside(a, anchorSeconds) - outside(b, anchorSeconds);
    if (nearer !== 0) return nearer < 0;
  }
  return a.highSeconds - a.lowSeconds < b.highSeconds - b.lowSeconds;
}
