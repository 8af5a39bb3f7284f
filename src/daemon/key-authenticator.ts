import type { Authenticator } from '../core/coordinator-options.ts';
import type { SymmetricKey } from '../core/server/symmetric-key.ts';
import { KeyRing } from '../native/key-ring.ts';
import { macStart, TRAILER_MALFORMED } from '../protocol/extension-field.ts';
import { HEADER_OCTETS, LEAP_VERSION_MODE, versionOf } from '../protocol/header.ts';

const REQUEST_VERSION = 4;
const PACKET_OCTETS = 2048;

/** Authenticates one source with one symmetric key (RFC 5905 §7.3, RFC 8573). */
export class KeyAuthenticator implements Authenticator {
  private readonly memory: Uint8Array = new Uint8Array(new ArrayBuffer(PACKET_OCTETS));
  private readonly view: DataView = new DataView(this.memory.buffer);
  private readonly ring: KeyRing;
  private readonly slot: number;

  constructor(key: SymmetricKey) {
    this.ring = new KeyRing(this.memory, [key]);
    this.slot = this.ring.slotOf(key.id);
  }

  seal(octets: Uint8Array, length: number): number {
    this.memory.set(octets.subarray(0, length));
    const macOctets = this.ring.seal(0, length, this.slot, REQUEST_VERSION);
    octets.set(this.memory.subarray(length, length + macOctets), length);
    return length + macOctets;
  }

  /** A reply without a MAC, with another key's or with a wrong one is forged; so is a crypto-NAK, which has none. */
  check(octets: Uint8Array, length: number): 'authentic' | 'forged' {
    if (length < HEADER_OCTETS || length > PACKET_OCTETS) return 'forged';
    this.memory.set(octets.subarray(0, length));
    const version = versionOf(this.view.getUint8(LEAP_VERSION_MODE));
    const macAt = macStart(this.view, 0, length, version);
    if (macAt === TRAILER_MALFORMED || macAt === length) return 'forged';
    return this.ring.verify(0, macAt, length, version) === this.slot ? 'authentic' : 'forged';
  }
}
