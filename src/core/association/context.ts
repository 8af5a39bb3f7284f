import type { Output } from '../coordinator-output.ts';
import type { SourceFilter } from '../estimation/estimate.ts';
import type { Sample } from '../estimation/sample.ts';
import type { LocalEpoch, LocalSeconds, Random } from '../ports.ts';
import type { Association } from './association.ts';

/** What associations share with their coordinator. */
export interface AssociationContext {
  readonly epoch: LocalEpoch;
  readonly precisionSeconds: number;
  readonly random: Random;
  readonly ownRefids: ReadonlySet<number>;
  readonly emit: (output: Output) => void;
  readonly newFilter: () => SourceFilter;
  readonly newToken: (association: Association) => number;
  readonly leapShiftSeconds: number;
  isNearLeap(atLocal: LocalSeconds): boolean;
}

/** A sample as it was measured, with the root distance that the source had then. */
export interface RecentSample {
  readonly sample: Sample;
  readonly remoteSeconds: number;
}
