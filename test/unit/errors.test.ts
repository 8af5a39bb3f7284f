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

  it('is started again after a fault of its own, and not after what would only fail again', () => {
    const unit = readFileSync(new URL('../../deploy/ntpd-ts.service', import.meta.url), 'utf8');
    const prevented = /^RestartPreventExitStatus=(.*)$/m.exec(unit)?.[1]?.split(' ').map(Number);
    expect(prevented).toEqual([EXIT.usage, EXIT.panic, EXIT.permission, EXIT.config]);
    expect(new OperatorError('internal', '').exitCode).toBe(EXIT.fault);
    const sharing = Object.entries(ERRORS).filter(([, { exit }]) => exit === 'panic' || exit === 'fault');
    expect(sharing.map(([code]) => code)).toEqual(['clock-panic', 'internal']);
  });

  it('appears in the reference page, code by code, and the page has no other', () => {
    const page = readFileSync(new URL('../../deploy/reference/errors.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]);
    expect(documented).toEqual(Object.keys(ERRORS));
  });
});
