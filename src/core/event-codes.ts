/** Everything that a coordinator reports, as a closed list. */
export const EVENT_CODES = [
  /** The clock follows an agreeing selection, for the first time or again. */
  'synchronised',
  /** There is no selection any more: the clock coasts. */
  'holdover',
  /** The root distance has passed max-distance: served as unsynchronised. */
  'withdrawn',
  /** The local clock is served at local-stratum. */
  'local',
  /** Another source is the reference now. */
  'system-peer',
  /** Nothing can be selected, and why; once per reason. */
  'no-selection',
  /** The clock was stepped. */
  'stepped',
  /** A step is due but has to hold first. */
  'step-pending',
  /** A panic threshold was passed. */
  'panic',
  /** The local timescale broke. */
  'timescale-broken',
  /** Somebody else set the clock. */
  'foreign-step',
  /** The drift given at the start makes no sense. */
  'drift-absurd',
  /** A leap second is announced, or no longer. */
  'leap-armed',
  /** A leap second was done. */
  'leap-done',
  /** The leap-seconds.list has expired. */
  'leap-file-expired',
  /** A name does not resolve. */
  'name-failed',
  /** An address of a source cannot be used, and why. */
  'address-rejected',
  /** A source is followed at this address from now on. */
  'source-added',
  /** A source is given up, and why. */
  'source-removed',
  /** A source does not answer any more. */
  'unreachable',
  /** A source answers (again). */
  'reachable',
  /** A source became or stopped being a falseticker. */
  'falseticker',
  /** A source sent a kiss of death. */
  'kiss',
  /** Something in the history has changed that should survive a crash: save it. */
  'history-changed',
] as const;

export type EventCode = (typeof EVENT_CODES)[number];
