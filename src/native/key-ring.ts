import { MAC_UNKNOWN_KEY, type MacPort, type SymmetricKey } from '../core/server/symmetric-key.ts';
import { loadAddon } from './binding.ts';

interface NativeKeyRing {
  verify(start: number, macAt: number, end: number, version: number): number;
  seal(start: number, macAt: number, slot: number, version: number): number;
  macOctets(slot: number, version: number): number;
}

interface NativeKeyRings {
  KeyRing: new (memory: Uint8Array, keys: readonly SymmetricKey[]) => NativeKeyRing;
}

/**
 * One thread's symmetric keys over one piece of packet memory. Everything is prepared at construction; verifying and
 * sealing allocate nothing. All offsets are octets from the start of that memory; `version` is the packet's.
 */
export class KeyRing implements MacPort {
  /** The addon's side of it, for PacketPath.useKeys. */
  readonly native: NativeKeyRing;
  private readonly slots: ReadonlyMap<number, number>;

  /** @throws Error naming id and algorithm, never the key, when OpenSSL refuses one. */
  constructor(memory: Uint8Array, keys: readonly SymmetricKey[]) {
    const sorted = keys.toSorted((a, b) => a.id - b.id);
    this.native = new (loadAddon<NativeKeyRings>().KeyRing)(memory, sorted);
    this.slots = new Map(sorted.map((key, slot) => [key.id, slot]));
  }

  /** The slot of a key, or MAC_UNKNOWN_KEY. */
  slotOf(id: number): number {
    return this.slots.get(id) ?? MAC_UNKNOWN_KEY;
  }

  verify(start: number, macAt: number, end: number, version: number): number {
    return this.native.verify(start, macAt, end, version);
  }

  /** Writes the MAC over [start, macAt) to `macAt`, where there must be room. Returns its octets. */
  seal(start: number, macAt: number, slot: number, version: number): number {
    return this.native.seal(start, macAt, slot, version);
  }

  macOctets(slot: number, version: number): number {
    return this.native.macOctets(slot, version);
  }
}
