/** Plain text for terminals: columns, and quantities with the unit that fits. */

/** Seconds as a person reads them, three or more significant digits: "+12.3 µs", "1.204 s". */
export function formatSeconds(seconds: number, options: { signed?: boolean } = {}): string {
  if (!Number.isFinite(seconds)) return '-';
  const size = Math.abs(seconds);
  const [scale, unit] = size < 1e-6 ? [1e9, 'ns'] : size < 1e-3 ? [1e6, 'µs'] : size < 1 ? [1e3, 'ms'] : [1, 's'];
  const value = size * scale;
  const digits = value >= 100 || unit === 'ns' ? 0 : value >= 10 ? 1 : 2;
  const sign = seconds < 0 ? '-' : options.signed ? '+' : '';
  return `${sign}${value.toFixed(digits)} ${unit}`;
}

/** Rows under their headings, columns two spaces apart; the first column is left-aligned, the others right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}
