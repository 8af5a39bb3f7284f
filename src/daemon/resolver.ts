import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { canonicalAddress } from '../config/address.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not exist',
  EAI_AGAIN: 'no name server answers',
  EAI_NODATA: 'the name has no address',
};

export type Resolution = { readonly addresses: readonly string[] } | { readonly reason: string };

/** Finds all addresses of a name, in their canonical form; a numeric one stands for itself. Never throws. */
export async function resolveName(name: string): Promise<Resolution> {
  if (isIP(name.split('%')[0] ?? '') !== 0) return { addresses: [canonicalAddress(name)] };
  try {
    const found = await lookup(name, { all: true, verbatim: true });
    const addresses = [...new Set(found.map(({ address }) => canonicalAddress(address)))];
    return addresses.length === 0 ? { reason: 'the name has no address' } : { addresses };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { reason: REASONS[code ?? ''] ?? message };
  }
}
