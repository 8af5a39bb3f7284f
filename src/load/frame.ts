/** The frame that every request of the raw engine is made from: Ethernet, IP, UDP and an empty NTP header. */

const NTP_OCTETS = 48;

export interface FrameParts {
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  readonly targetPort: number;
}

/** One's complement sum of octets, folded and inverted (RFC 1071). */
export function internetChecksum(octets: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) sum += ((octets[i] as number) << 8) | (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A whole frame without checksums, source port and NTP content, which the addon fills in per request. */
export function requestFrame(parts: FrameParts): Uint8Array {
  const ipv6 = parts.target.length === 16;
  const udp = 14 + (ipv6 ? 40 : 20);
  const frame = new Uint8Array(udp + 8 + NTP_OCTETS);
  const view = new DataView(frame.buffer);
  frame.set(parts.destinationMac, 0);
  frame.set(parts.sourceMac, 6);
  view.setUint16(12, ipv6 ? 0x86dd : 0x0800);
  if (ipv6) {
    view.setUint8(14, 0x60);
    view.setUint16(18, 8 + NTP_OCTETS);
    view.setUint8(20, 17);
    view.setUint8(21, 64);
    frame.set(parts.source, 22);
    frame.set(parts.target, 38);
  } else {
    view.setUint8(14, 0x45);
    view.setUint16(16, 28 + NTP_OCTETS);
    view.setUint16(20, 0x4000); // don't fragment: then identification may stay zero (RFC 6864 §4)
    view.setUint8(22, 64);
    view.setUint8(23, 17);
    frame.set(parts.source, 26);
    frame.set(parts.target, 30);
  }
  view.setUint16(udp + 2, parts.targetPort);
  view.setUint16(udp + 4, 8 + NTP_OCTETS);
  return frame;
}
