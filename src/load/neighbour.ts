/**
 * ARP (RFC 826) and IPv6 neighbour discovery (RFC 4861), as far as a generator needs them: asking for the next hop,
 * and answering for simulated clients. Octets only; the caller sends and receives.
 */
import { internetChecksum } from './frame.ts';

const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);
const ETHER_ARP = 0x0806;
const ETHER_IPV6 = 0x86dd;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;

/** What a frame about neighbours says. Addresses are octets. */
export interface NeighbourFrame {
  readonly kind: 'asks' | 'tells';
  /** The address that is asked for or told about. */
  readonly subject: Uint8Array;
  /** asks: who wants to know; tells: whose link address it is. */
  readonly mac: Uint8Array;
  /** asks: the asker's address (all zero in a probe). */
  readonly asker: Uint8Array;
}

function arp(operation: number, macs: [Uint8Array, Uint8Array], addresses: [Uint8Array, Uint8Array], to: Uint8Array) {
  const frame = new Uint8Array(60);
  const view = new DataView(frame.buffer);
  frame.set(to, 0);
  frame.set(macs[0], 6);
  view.setUint16(12, ETHER_ARP);
  view.setUint16(14, 1);
  view.setUint16(16, 0x0800);
  view.setUint8(18, 6);
  view.setUint8(19, 4);
  view.setUint16(20, operation);
  frame.set(macs[0], 22);
  frame.set(addresses[0], 28);
  frame.set(macs[1], 32);
  frame.set(addresses[1], 38);
  return frame;
}

function neighbourDiscovery(
  type: number,
  flags: number,
  subject: Uint8Array,
  source: { mac: Uint8Array; address: Uint8Array },
  destination: { mac: Uint8Array; address: Uint8Array },
): Uint8Array {
  const frame = new Uint8Array(14 + 40 + 32);
  const view = new DataView(frame.buffer);
  frame.set(destination.mac, 0);
  frame.set(source.mac, 6);
  view.setUint16(12, ETHER_IPV6);
  view.setUint8(14, 0x60);
  view.setUint16(18, 32);
  view.setUint8(20, 58);
  view.setUint8(21, 255); // §7.1: anything else may have been routed here and is ignored
  frame.set(source.address, 22);
  frame.set(destination.address, 38);
  view.setUint8(54, type);
  view.setUint8(58, flags);
  frame.set(subject, 62);
  view.setUint8(78, type === SOLICITATION ? 1 : 2); // link-layer address option (§4.6.1)
  view.setUint8(79, 1);
  frame.set(source.mac, 80);
  const pseudo = new Uint8Array(40 + 32);
  pseudo.set(frame.subarray(22, 54), 0);
  new DataView(pseudo.buffer).setUint32(32, 32);
  pseudo[39] = 58;
  pseudo.set(frame.subarray(54), 40);
  view.setUint16(56, internetChecksum(pseudo));
  return frame;
}

/** A frame that asks who has `subject`. `asker` is an address of ours on the link, of the same family. */
export function askNeighbour(subject: Uint8Array, mac: Uint8Array, asker: Uint8Array): Uint8Array {
  if (subject.length === 4) return arp(1, [mac, new Uint8Array(6)], [asker, subject], BROADCAST);
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...subject.subarray(13));
  const groupMac = Uint8Array.of(0x33, 0x33, ...group.subarray(12));
  return neighbourDiscovery(SOLICITATION, 0, subject, { mac, address: asker }, { mac: groupMac, address: group });
}

/** The frame that answers `question`: `subject` is at `mac`. */
export function tellNeighbour(question: NeighbourFrame, mac: Uint8Array): Uint8Array {
  const { subject, asker } = question;
  if (subject.length === 4) return arp(2, [mac, question.mac], [subject, asker], question.mac);
  const solicitedOverride = 0x60;
  return neighbourDiscovery(
    ADVERTISEMENT,
    solicitedOverride,
    subject,
    { mac, address: subject },
    { mac: question.mac, address: asker },
  );
}

/** Reads a frame about neighbours; null for any other, or one that is malformed. */
export function readNeighbour(frame: Uint8Array): NeighbourFrame | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 42) return null;
  const type = view.getUint16(12);
  if (type === ETHER_ARP) {
    if (view.getUint32(14) !== 0x0001_0800 || view.getUint16(18) !== 0x0604) return null;
    const operation = view.getUint16(20);
    if (operation !== 1 && operation !== 2) return null;
    const mac = frame.slice(22, 28);
    const asker = frame.slice(28, 32);
    return operation === 1
      ? { kind: 'asks', subject: frame.slice(38, 42), mac, asker }
      : { kind: 'tells', subject: asker, mac, asker };
  }
  if (type !== ETHER_IPV6 || frame.length < 78 || view.getUint8(20) !== 58 || view.getUint8(21) !== 255) return null;
  const message = view.getUint8(54);
  if (message !== SOLICITATION && message !== ADVERTISEMENT) return null;
  const subject = frame.slice(62, 78);
  let mac = frame.slice(6, 12);
  for (let at = 78; at + 8 <= frame.length; ) {
    const octets = view.getUint8(at + 1) * 8;
    if (octets === 0) return null;
    if (view.getUint8(at) === (message === SOLICITATION ? 1 : 2)) mac = frame.slice(at + 2, at + 8);
    at += octets;
  }
  return { kind: message === SOLICITATION ? 'asks' : 'tells', subject, mac, asker: frame.slice(22, 38) };
}
