import { describe, expect, it } from 'vitest';
import { programManual } from '../../../src/daemon/manual.ts';
import { program } from '../../../src/daemon/verbs.ts';

describe('the manual page', () => {
  it('is up to date; `npm run reference` writes it anew', async () => {
    await expect(programManual(await program([]))).toMatchFileSnapshot('../../../deploy/man/ntpd-ts.8');
  });
});
