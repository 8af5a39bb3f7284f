import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_POLICY, type ListenerPolicy } from '../core/server/listener-policy.ts';
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

/** A listener that is open: what it was opened with, its sockets, and what it answers. */
export interface OpenListener {
  readonly spec: ListenerSpec;
  readonly sockets: ListenerSockets;
  readonly policy: ListenerPolicy;
}

/** What a listener is opened with. */
export function specOf(listener: PoolListener): ListenerSpec {
  const { policy: _, ...spec } = listener;
  return spec;
}

/** What sockets are opened for. The kernel takes one that is bound to another interface later out of its group. */
export function isSameEndpoint(a: ListenerSpec, b: ListenerSpec): boolean {
  return a.address === b.address && a.port === b.port && a.interface === b.interface;
}

/** Whether one address takes in the other, on the same port. */
function overlap(a: ListenerSpec, b: ListenerSpec): boolean {
  const isV6 = a.address.includes(':');
  if (isV6 !== b.address.includes(':') || a.port !== b.port) return false;
  const wildcard = isV6 ? '::' : '0.0.0.0';
  return a.address === b.address || a.address === wildcard || b.address === wildcard;
}

/** Whether one takes in the other's requests: an address beside its wildcard, or beside one that is to be closed. */
function sharesPort(spec: ListenerSpec, { spec: other, sockets }: OpenListener): boolean {
  const bound = { ...other, port: sockets.port };
  return overlap(spec, bound) && !isSameEndpoint(spec, bound);
}

/**
 * Opens every listener, or none; an error says in `listener` which one it was, by its index. An address and the wildcard
 * may be served on one port: the kernel gives a request to the more exact one.
 *
 * @param ours - listeners that are open already: their ports may be shared.
 */
export function openAll(
  listeners: readonly (readonly [number, PoolListener])[],
  workers: number,
  ours: readonly OpenListener[] = [],
): OpenListener[] {
  const opened: OpenListener[] = [];
  for (const [index, listener] of listeners) {
    const spec = specOf(listener);
    try {
      const isPortOurs = [...ours, ...opened].some((other) => sharesPort(spec, other));
      const sockets = openListener(spec, index, workers, isPortOurs);
      opened.push({ spec, sockets, policy: listener.policy ?? DEFAULT_POLICY });
    } catch (error) {
      closeAll(opened);
      throw Object.assign(error as Error, { listener: index });
    }
  }
  return opened;
}

/**
 * Gives listeners that stay the options of their new specifications, all of them or none; an error says in `listener`
 * which one it was, by its index.
 */
export function adjustAll(
  staying: readonly (OpenListener | undefined)[],
  specs: readonly ListenerSpec[],
): readonly (OpenListener | undefined)[] {
  const adjusted: [OpenListener, ListenerSpec][] = [];
  return staying.map((listener, index) => {
    const spec = specs[index] as ListenerSpec;
    if (listener === undefined || isDeepStrictEqual(listener.spec, spec)) return listener;
    try {
      const receiveBufferOctets = adjustListener(listener.sockets, listener.spec, spec);
      adjusted.push([listener, spec]);
      return { ...listener, spec, sockets: { ...listener.sockets, receiveBufferOctets } };
    } catch (error) {
      for (const [done, from] of adjusted) adjustListener(done.sockets, from, done.spec);
      throw Object.assign(error as Error, { listener: index });
    }
  });
}

/** Closes the sockets of listeners. */
export function closeAll(listeners: readonly OpenListener[]): void {
  for (const { sockets } of listeners) closeListener(sockets);
}
