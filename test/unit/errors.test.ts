import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS, EXIT, OperatorError } from '../../src/errors.ts';

describe('errors', () => {
  it('exits with the sysexits code of its kind', () => {
    expect(new OperatorError('usage', '').exitCode).toBe(64);
    expect(new OperatorError('no-answer', '').exitCode).toBe(69);
    expect(new OperatorError('clock-panic', '').exitCode).toBe(70);
    expect(new OperatorError('listen-permission', '').exitCode).toBe(77);
    expect(new OperatorError('config-bad-value', '').exitCode).toBe(78);
  });

  it('has one code per failure and an exit code for each', () => {
    for (const { exit, doc } of Object.values(ERRORS)) {
      expect(EXIT[exit]).toBeGreaterThan(0);
      expect(doc).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('appears in the reference page, code by code, and the page has no other', () => {
    const page = readFileSync(new URL('../../deploy/reference/errors.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]);
    expect(documented).toEqual(Object.keys(ERRORS));
  });
});
