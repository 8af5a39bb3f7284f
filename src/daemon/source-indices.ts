import type { SourceConfig } from '../config/schema.ts';
import { OperatorError } from '../errors.ts';

/**
 * Which of the configured sources are meant by an operator: all of them, or those at a configured address.
 *
 * @throws OperatorError when there is none at that address, naming what addresses there are.
 */
export function sourceIndices(sources: readonly SourceConfig[], name: string | null): number[] {
  const hosts = sources.map(({ address }) => address.host);
  if (name === null) return [...hosts.keys()];
  const indices = [...hosts.keys()].filter((index) => hosts[index] === name);
  if (indices.length > 0) return indices;
  const known =
    hosts.length === 0 ? 'there is none; add a [[source]] and reload' : `there are ${[...new Set(hosts)].join(', ')}`;
  throw new OperatorError('control-refused', `no source is configured as "${name}"; ${known}`);
}
