import { expect, test } from 'vitest';
import { COPY_WORDS } from '../../../src/core/server/page.ts';
import { ServedHeader } from '../../../src/core/server/served-header.ts';
import { unsynchronisedVariables } from '../../../src/core/system-variables.ts';
import { writePageCopy } from '../../../src/simulate/served-page.ts';

test('the server core serves what the coordinator knows, its dispersion grown until now', () => {
  const copy = new DataView(new ArrayBuffer(COPY_WORDS * 4));
  const variables = {
    ...unsynchronisedVariables(),
    leap: 1,
    stratum: 3,
    refid: 0x0a00_0001,
    rootDelaySeconds: 0.25,
    rootDispersionSeconds: 0.5,
    dispersionRate: 0.01,
    atLocal: 100,
  };
  writePageCopy(copy, variables, 125, -20);
  const header = new ServedHeader();
  header.refresh(copy);
  expect(header).toMatchObject({ usable: true, leap: 1, stratum: 3, precision: -20, refid: 0x0a00_0001 });
  expect(header.rootDelay / 65_536).toBeCloseTo(0.25, 4);
  expect(header.rootDispersion / 65_536).toBeCloseTo(0.75, 4);
});

test('what is not synchronised is served as that', () => {
  const copy = new DataView(new ArrayBuffer(COPY_WORDS * 4));
  writePageCopy(copy, unsynchronisedVariables(), 0, -20);
  const header = new ServedHeader();
  header.refresh(copy);
  expect(header).toMatchObject({ usable: true, leap: 3, stratum: 0 });
});
