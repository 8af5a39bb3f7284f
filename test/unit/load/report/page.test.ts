import { expect, it } from 'vitest';
import { htmlReport } from '../../../../src/load/report/page.ts';
import { resultsOf, stepOf, sweepOf } from '../../../support/load-results.ts';

it('has a section for every server and fetches nothing', () => {
  const page = htmlReport([sweepOf('one', 200_000), sweepOf('two', 300_000)]);
  expect(page).toContain('<h2>one</h2>');
  expect(page).toContain('<h2>two</h2>');
  expect(page.match(/<figure /g)?.length).toBe(7);
  expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
  expect(page).toContain("default-src 'none'");
});

it('strikes out invalid steps and says why', () => {
  const late = { ...stepOf(1000, 1000), valid: false, invalidReasons: ['the generator was late'] };
  const page = htmlReport([resultsOf('server', [late])]);
  expect(page).toMatch(/<tr class="invalid">.*the generator was late/);
});

it('lets no label become markup', () => {
  const page = htmlReport([resultsOf('<b onclick=x>', [stepOf(1000, 1000)])]);
  expect(page).not.toContain('<b onclick');
});
