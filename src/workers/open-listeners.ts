import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_POLICY, type ListenerPolicy } from '../core/server/listener-policy.ts';
import { boundAddresses, type HostAddress } from './host-addresses.ts';
import {
  adjustListener,
  closeListener,
  type ListenerSockets,
  type ListenerSpec,
  openListener,
} from './listener-sockets.ts';

/** A listener and what it answers. */
export interface PoolListener extends ListenerSpec {
  readonly policy?: ListenerPolicy;
}

/** The sockets of one endpoint, and what they were opened with. */
export interface OpenGroup {
  readonly spec: ListenerSpec;
  readonly sockets: ListenerSockets;
}

/** A listener that is open, and what it answers. */
export interface OpenListener extends OpenGroup {
  readonly policy: ListenerPolicy;
  /** Of a wildcard: sockets that are bound to single addresses which it takes in. */
  readonly addresses: readonly OpenGroup[];
}

/** What it takes to open listeners. */
export interface Opening {
  readonly workers: number;
  /** One for all, so that a client meets the same worker at whichever address it asks. */
  readonly steeringKey: Int32Array;
  readonly hostAddresses: () => readonly HostAddress[];
  /** Told of each address that cannot have sockets of its own now: the wildcard serves it. */
  readonly onRefused: (address: string, error: unknown) => void;
}

/** Listeners as they are after a change, what was opened for it, and what is to be closed. */
export interface ListenerChange {
  readonly listeners: readonly OpenListener[];
  readonly opened: readonly OpenGroup[];
  readonly going: readonly OpenListener[];
}

/** A group that is wanted: what it shall be, for which listener, and the group that is open already. */
interface Wanted {
  readonly spec: ListenerSpec;
  readonly listener: number;
  readonly group: OpenGroup;
}

/** What a listener is opened with. */
function specOf(listener: PoolListener): ListenerSpec {
  const { policy: _, ...spec } = listener;
  return spec;
}

/** A listener's groups: its own, and those of its addresses. */
export function groupsOf(listener: OpenListener): OpenGroup[] {
  return [listener, ...listener.addresses];
}

/** What sockets are opened for. The kernel takes one that is bound to another interface later out of its group. */
function isSameEndpoint(a: ListenerSpec, b: ListenerSpec): boolean {
  return a.address === b.address && a.port === b.port && a.interface === b.interface;
}

/**
 * Whether a group takes in a listener's requests, or some of them: the kernel gives a request to the more exact one. The
 * same endpoint twice does not count, that is a busy port.
 */
function overlaps({ spec, sockets }: OpenGroup, { address, port, interface: device }: ListenerSpec): boolean {
  const isV6 = address.includes(':');
  const held = spec.address;
  if (isV6 !== held.includes(':') || sockets.port !== port) return false;
  if (device !== undefined && spec.interface !== undefined && device !== spec.interface) return false;
  const wildcard = isV6 ? '::' : '0.0.0.0';
  if (address === held) return device !== spec.interface;
  return address === wildcard || held === wildcard;
}

/**
 * Goes from the listeners that are open to others, or leaves everything as it was. Groups that are wanted still stay, with
 * other options where these differ, so that no request in their queues is lost; an address may so pass from a wildcard to
 * a listener of its own and back.
 *
 * @throws the system's error, which says in `listener` which one it was, by its index.
 */
export function changeListeners(
  before: readonly OpenListener[],
  listeners: readonly PoolListener[],
  opening: Opening,
): ListenerChange {
  const had = before.flatMap(groupsOf);
  const opened: OpenGroup[] = [];
  const take = (spec: ListenerSpec, listener: number): Wanted => {
    const there = had.find((group) => isSameEndpoint(group.spec, spec));
    if (there !== undefined) return { spec, listener, group: there };
    const isPortOurs = [...had, ...opened].some((group) => overlaps(group, spec));
    const sockets = openListener(spec, listener, opening.workers, isPortOurs, opening.steeringKey);
    const group = { spec, sockets };
    opened.push(group);
    return { spec, listener, group };
  };
  try {
    const mains = listeners.map((listener, index) => named(index, () => take(specOf(listener), index)));
    const addresses = takeAddresses(mains, had, opening, take);
    const adjusted = adjustAll([...mains, ...addresses], opening.steeringKey);
    const stays = new Set([...mains, ...addresses].map(({ group }) => group));
    return {
      listeners: listeners.map(({ policy }, index) => ({
        ...(adjusted[index] as OpenGroup),
        policy: policy ?? DEFAULT_POLICY,
        addresses: adjusted.slice(mains.length).filter((_, i) => addresses[i]?.listener === index),
      })),
      opened,
      going: before.flatMap((listener) =>
        groupsOf(listener)
          .filter((group) => !stays.has(group))
          .map(({ spec, sockets }) => ({ spec, sockets, policy: listener.policy, addresses: [] })),
      ),
    };
  } catch (error) {
    closeAll(opened);
    throw error;
  }
}

/** Sockets of their own for addresses that wildcards take in, unless a listener of their own serves them. */
function takeAddresses(
  mains: readonly Wanted[],
  had: readonly OpenGroup[],
  opening: Opening,
  take: (spec: ListenerSpec, listener: number) => Wanted,
): Wanted[] {
  const host = opening.hostAddresses();
  const taken: Wanted[] = [];
  for (const { spec, listener, group } of mains) {
    const at = (address: string): ListenerSpec => ({ ...spec, address, port: group.sockets.port });
    const isOpen = (address: string): boolean => had.some((each) => isSameEndpoint(each.spec, at(address)));
    for (const address of boundAddresses(spec, host, opening.workers, isOpen)) {
      if (mains.some((other) => other.group.sockets.port === group.sockets.port && other.spec.address === address)) {
        continue;
      }
      try {
        taken.push(take(at(address), listener));
      } catch (error) {
        opening.onRefused(address, error);
      }
    }
  }
  return taken;
}

/** Gives groups the options that are wanted, all of them or none. */
function adjustAll(wanted: readonly Wanted[], steeringKey: Int32Array): OpenGroup[] {
  const done: Wanted[] = [];
  try {
    return wanted.map((each) => {
      const { spec, listener, group } = each;
      if (isDeepStrictEqual(group.spec, spec)) return { spec, sockets: group.sockets };
      const adjust = (): number => adjustListener(group.sockets, group.spec, spec, steeringKey);
      const receiveBufferOctets = named(listener, adjust);
      done.push(each);
      return { spec, sockets: { ...group.sockets, receiveBufferOctets } };
    });
  } catch (error) {
    for (const { spec, group } of done) adjustListener(group.sockets, spec, group.spec, steeringKey);
    throw error;
  }
}

/** What `work` gives; an error of it says which listener it concerns. */
function named<T>(listener: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw Object.assign(error as Error, { listener });
  }
}

/** Closes the sockets of groups. */
export function closeAll(groups: readonly OpenGroup[]): void {
  for (const { sockets } of groups) closeListener(sockets);
}
