/**
 * The line (from 1) on which a TOML text sets the key with the given path, or the closest table around it; 0 when
 * nothing of the path is there. The text must have been parsed without error. Inline tables count as their line.
 */
export function lineOfKey(text: string, path: readonly PropertyKey[]): number {
  const wanted = path.map(String);
  const counts = new Map<string, number>();
  let table: string[] = [];
  let best = 0;
  let bestDepth = 0;
  const consider = (keys: readonly string[], line: number): void => {
    let depth = 0;
    while (depth < keys.length && depth < wanted.length && keys[depth] === wanted[depth]) depth++;
    if (depth === keys.length && depth > bestDepth) {
      best = line;
      bestDepth = depth;
    }
  };
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]/.exec(line);
    if (header) {
      const keys = splitKey(header[2] as string);
      table = [];
      for (const [depth, key] of keys.entries()) {
        table.push(key);
        const name = table.join('\0');
        const isArray = header[1] === '[[' && depth === keys.length - 1;
        if (isArray) {
          const next = (counts.get(name) ?? -1) + 1;
          counts.set(name, next);
          // A new element starts its own sub-tables afresh.
          for (const known of counts.keys()) if (known.startsWith(`${name}\0${next}\0`)) counts.delete(known);
        }
        const element = counts.get(name);
        if (element !== undefined) table.push(String(element));
      }
      consider(table, index + 1);
      continue;
    }
    const key = /^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=/.exec(
      line,
    );
    if (key) consider([...table, ...splitKey(key[1] as string)], index + 1);
  }
  return best;
}

function splitKey(dotted: string): string[] {
  return [...dotted.matchAll(/"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)/g)].map(
    (part) => part[1] ?? part[2] ?? (part[3] as string),
  );
}
