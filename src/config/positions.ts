import { type AST, parseTOML } from 'toml-eslint-parser';

/** Where something stands in a file, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type KeyPath = readonly (string | number)[];

/**
 * Finds where a key of a TOML document stands; of a key that is not there, the nearest table around it. A parser
 * that keeps positions is slower than the one that reads values, so this is called only when there is something to
 * complain about.
 *
 * @returns null when the document cannot be read or nothing around the key is in it.
 */
export function locate(toml: string, path: KeyPath): Position | null {
  const positions = indexPositions(toml);
  for (let length = path.length; length > 0; length--) {
    const found = positions.get(keyOf(path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return null;
}

function keyOf(path: KeyPath): string {
  return JSON.stringify(path);
}

function indexPositions(toml: string): Map<string, Position> {
  const positions = new Map<string, Position>();
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(toml);
  } catch {
    return positions;
  }
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLTable') {
      note(positions, node.resolvedKey, node.key);
      for (const pair of node.body) notePair(positions, node.resolvedKey, pair);
    } else {
      notePair(positions, [], node);
    }
  }
  return positions;
}

function note(positions: Map<string, Position>, path: KeyPath, node: AST.TOMLNode): void {
  const key = keyOf(path);
  if (!positions.has(key)) positions.set(key, { line: node.loc.start.line, column: node.loc.start.column + 1 });
}

function notePair(positions: Map<string, Position>, table: KeyPath, pair: AST.TOMLKeyValue): void {
  let path = table;
  for (const key of pair.key.keys) {
    path = [...path, key.type === 'TOMLBare' ? key.name : key.value];
    note(positions, path, key);
  }
  noteValue(positions, path, pair.value);
}

function noteValue(positions: Map<string, Position>, path: KeyPath, value: AST.TOMLContentNode): void {
  if (value.type === 'TOMLInlineTable') {
    for (const pair of value.body) notePair(positions, path, pair);
  } else if (value.type === 'TOMLArray') {
    for (const [index, element] of value.elements.entries()) {
      note(positions, [...path, index], element);
      noteValue(positions, [...path, index], element);
    }
  }
}
