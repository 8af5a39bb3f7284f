/** RFC 5905 §11.2: intersection, cluster and combine, as plainly as the text has them. */

export interface Candidate {
  readonly index: number;
  readonly offset: number;
  readonly jitter: number;
  readonly rootDistance: number;
  readonly stratum: number;
}

const MINIMUM_SURVIVORS = 3;

/** Truechimers of the fit candidates (§11.2.1); empty when no majority agrees. */
export function intersect(candidates: readonly Candidate[]): Candidate[] {
  const edges = candidates.flatMap(({ offset, rootDistance }) => [
    { value: offset - rootDistance, type: -1 },
    { value: offset, type: 0 },
    { value: offset + rootDistance, type: 1 },
  ]);
  edges.sort((a, b) => a.value - b.value || a.type - b.type);
  const count = candidates.length;
  for (let falsetickers = 0; 2 * falsetickers < count; falsetickers++) {
    let midpoints = 0;
    const scan = (direction: 1 | -1): number => {
      let chime = 0;
      for (let step = 0; step < edges.length; step++) {
        const edge = edges[direction === 1 ? step : edges.length - 1 - step] as (typeof edges)[number];
        chime -= direction * edge.type;
        if (chime >= count - falsetickers) return edge.value;
        if (edge.type === 0) midpoints++;
      }
      return direction * Number.POSITIVE_INFINITY;
    };
    const low = scan(1);
    const high = scan(-1);
    if (midpoints > falsetickers || low >= high) continue;
    return candidates.filter(({ offset }) => offset >= low && offset <= high);
  }
  return [];
}

/** Survivors of the cluster algorithm (§11.2.2), best first. */
export function cluster(truechimers: readonly Candidate[]): Candidate[] {
  const survivors = [...truechimers].sort((a, b) => a.stratum + a.rootDistance - b.stratum - b.rootDistance);
  while (survivors.length > MINIMUM_SURVIVORS) {
    let worst = -1;
    let worstJitter = 0;
    let peerJitter = Number.POSITIVE_INFINITY;
    for (const [index, candidate] of survivors.entries()) {
      peerJitter = Math.min(peerJitter, candidate.jitter);
      const jitter = selectionJitter(candidate, survivors);
      if (jitter < worstJitter) continue;
      worstJitter = jitter;
      worst = index;
    }
    if (worstJitter < peerJitter) break;
    survivors.splice(worst, 1);
  }
  return survivors;
}

/** Weighted offset of the survivors (§11.2.3). */
export function combine(survivors: readonly Candidate[]): number {
  let weights = 0;
  let sum = 0;
  for (const { offset, rootDistance } of survivors) {
    weights += 1 / rootDistance;
    sum += offset / rootDistance;
  }
  return sum / weights;
}

function selectionJitter(candidate: Candidate, survivors: readonly Candidate[]): number {
  let squares = 0;
  for (const other of survivors) squares += (other.offset - candidate.offset) ** 2;
  return Math.sqrt(squares / (survivors.length - 1));
}
