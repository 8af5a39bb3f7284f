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

/**
 * Reads HOST[:PORT].
 *
 * @param family - 4 or 6 when servers are asked by that family alone, 0 for either.
 * @throws OperatorError `usage` when it is neither, or an address of the other family.
 */
export function readTarget(text: string, family: 0 | 4 | 6 = 0): Host {
  const host = parseHost(text);
  if (host === null) {
    throw new OperatorError('usage', `"${text}" is not HOST[:PORT]; an IPv6 address with a port is [ADDRESS]:PORT`);
  }
  const known = isIP(host.host.split('%')[0] ?? '');
  if (family === 0 || known === 0 || known === family) return host;
  throw new OperatorError('usage', `${host.host} is an IPv${known} address, and -${family} asks by IPv${family} alone`);
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
    const none = family === 0 ? 'no such name' : 'no such name, or one of the other family';
    const reason = code === 'ENOTFOUND' ? none : code === 'EAI_AGAIN' ? 'no name server answers' : code;
    const wanted = family === 0 ? 'address' : `IPv${family} address`;
    throw new OperatorError(
      'name-not-found',
      `${host} has no ${wanted}: ${reason}; check the name and /etc/resolv.conf`,
      {
        cause,
      },
    );
  }
}
