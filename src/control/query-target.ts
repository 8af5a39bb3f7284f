import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Host, parseHost } from '../config/kinds.ts';
import { OperatorError } from '../errors.ts';
import type { ClientTarget } from '../native/client-socket.ts';

/** A server to ask: as it was typed, and where it is. */
export interface QueryTarget {
  readonly name: string;
  readonly target: ClientTarget;
}

/** Reads HOST[:PORT]. @throws OperatorError `usage` when it is neither. */
export function readTarget(text: string): Host {
  const host = parseHost(text);
  if (host !== null) return host;
  throw new OperatorError('usage', `"${text}" is not HOST[:PORT]; an IPv6 address with a port is [ADDRESS]:PORT`);
}

/**
 * Finds the address of a host.
 *
 * @param family - 4 or 6 for addresses of that family alone, 0 for either.
 * @throws OperatorError `name-not-found`.
 */
export async function resolveTarget(name: string, { host, port }: Host, family: 0 | 4 | 6): Promise<QueryTarget> {
  const [address = '', scope] = host.split('%');
  if (isIP(address) !== 0) {
    return { name, target: { address, port, ...(scope === undefined ? {} : { interface: scope }) } };
  }
  try {
    const found = await lookup(host, { family, verbatim: true });
    return { name, target: { address: found.address, port } };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOTFOUND' ? 'no such name' : code === 'EAI_AGAIN' ? 'no name server answers' : code;
    throw new OperatorError(
      'name-not-found',
      `${host} has no address: ${reason}; check the name and /etc/resolv.conf`,
      {
        cause,
      },
    );
  }
}
