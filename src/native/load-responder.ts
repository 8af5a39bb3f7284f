/** An NTP responder that misbehaves exactly as told: what the generator is checked against. */
import { loadAddon } from './binding.ts';

/** Faults, in the order of addon/load_responder.cc; the first that applies to a request is done. */
export const FAULTS = [
  'none',
  'drop',
  'duplicate',
  'origin',
  'mode',
  'version',
  'length',
  'stratum',
  'stamps',
  'elsewhere',
  'kiss',
  'unsynchronised',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface ResponderOptions {
  readonly address: Uint8Array;
  /** Another local address to answer from when the fault is `elsewhere`. */
  readonly elsewhere?: Uint8Array;
  readonly port: number;
  /** Each fault is done to every n-th request. */
  readonly every?: Partial<Record<Fault, number>>;
  /** Replies leave this long after the request arrived, uniform in [min, max). */
  readonly delayMinNs?: number;
  readonly delayMaxNs?: number;
  /** Once per this period after the first request nothing is done for stallNs. */
  readonly stallEveryNs?: number;
  readonly stallNs?: number;
}

export interface ResponderCounts {
  readonly received: number;
  readonly sent: number;
  readonly faults: Record<Fault, number>;
}

interface NativeResponder {
  slice(milliseconds: number): void;
  counts(): number[];
  close(): void;
}

/** Binds the responder; it answers only while `slice` runs. @throws SystemError when an address cannot be bound. */
export class Responder {
  readonly #native: NativeResponder;

  constructor(options: ResponderOptions) {
    const { LoadResponder } = loadAddon<{
      LoadResponder: new (options: ResponderOptions, every: Uint32Array) => NativeResponder;
    }>();
    this.#native = new LoadResponder(
      options,
      Uint32Array.from(FAULTS, (fault) => options.every?.[fault] ?? 0),
    );
  }

  slice(milliseconds: number): void {
    this.#native.slice(milliseconds);
  }

  counts(): ResponderCounts {
    const [received = 0, sent = 0, ...done] = this.#native.counts();
    return { received, sent, faults: Object.fromEntries(FAULTS.map((fault, i) => [fault, done[i]])) as never };
  }

  close(): void {
    this.#native.close();
  }
}
