import type { PhcLine } from '../core/server/phc-mapping.ts';
import * as phc from '../core/server/phc-page.ts';

/** A card's line with what belongs to its interface. */
export interface InterfaceLine {
  readonly interfaceIndex: number;
  readonly line: PhcLine;
  /** CLOCK_MONOTONIC after which the line is not to be used, ns. */
  readonly validMonoNs: bigint;
  /** How long an octet takes on the link, ns; 0 when the speed is not known. */
  readonly nsPerOctet: number;
}

/** The writer's side of the page of network cards' clocks: one writer, under a sequence lock. */
export class PhcPage {
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(phc.PHC_PAGE_WORDS * Int32Array.BYTES_PER_ELEMENT);
  private readonly words: Int32Array = new Int32Array(this.memory);
  private readonly scratch: DataView = new DataView(new ArrayBuffer(8));

  /** Publishes the lines; more than there is room for are left out. */
  publish(lines: readonly InterfaceLine[]): void {
    const kept = lines.slice(0, phc.PHC_LINES);
    Atomics.add(this.words, phc.PHC_SEQUENCE, 1);
    Atomics.store(this.words, phc.PHC_COUNT, kept.length);
    for (const [i, { interfaceIndex, line, validMonoNs, nsPerOctet }] of kept.entries()) {
      const at = phc.PHC_FIRST_LINE + i * phc.PHC_LINE_WORDS;
      Atomics.store(this.words, at + phc.PHC_LINE_INTERFACE, interfaceIndex);
      this.storeInt64(at + phc.PHC_LINE_ANCHOR_CARD_NS, line.anchorCardNs);
      this.storeInt64(at + phc.PHC_LINE_ANCHOR_MONO_NS, line.anchorMonoNs);
      this.storeDouble(at + phc.PHC_LINE_RATE, line.rate);
      this.storeInt64(at + phc.PHC_LINE_VALID_MONO_NS, validMonoNs);
      this.storeDouble(at + phc.PHC_LINE_NS_PER_OCTET, nsPerOctet);
    }
    Atomics.add(this.words, phc.PHC_SEQUENCE, 1);
  }

  private storeInt64(word: number, value: bigint): void {
    this.scratch.setBigInt64(0, value, true);
    this.storeScratch(word);
  }

  private storeDouble(word: number, value: number): void {
    this.scratch.setFloat64(0, value, true);
    this.storeScratch(word);
  }

  private storeScratch(word: number): void {
    Atomics.store(this.words, word, this.scratch.getInt32(0, true));
    Atomics.store(this.words, word + 1, this.scratch.getInt32(4, true));
  }
}
