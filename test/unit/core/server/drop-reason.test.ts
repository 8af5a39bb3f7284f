import { expect, test } from 'vitest';
import * as reasons from '../../../../src/core/server/drop-reason.ts';

test('every code stands for the reason of its name', () => {
  for (const [name, code] of Object.entries(reasons)) {
    if (typeof code !== 'number') continue;
    const reason = name.slice('DROP_'.length).toLowerCase().replaceAll('_', '-');
    expect(reasons.DROP_REASONS[-1 - code]).toBe(reason);
  }
});
