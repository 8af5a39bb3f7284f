import { expect, it } from 'vitest';
import { drawPicture } from '../../../src/simulate/picture.ts';

const NOTHING = { estimate: Number.NaN, bound: Number.NaN, sigma: Number.NaN };

it('draws error, estimate and bounds, and leaves gaps where nothing is known', () => {
  const trace = [
    { atSeconds: 0, clock: 0.1, ...NOTHING },
    { atSeconds: 10, clock: 1e-5, estimate: 0, bound: 1e-3, sigma: 1e-5 },
    { atSeconds: 20, clock: 2e-5, estimate: 1e-6, bound: 1e-3, sigma: 1e-5 },
    { atSeconds: 30, clock: 0.2, ...NOTHING },
  ];
  const svg = drawPicture('a <b> & c', [
    { title: 'one', trace },
    { title: 'two', trace: [] },
  ]);
  expect(svg).toContain('a &lt;b&gt; &amp; c');
  expect(svg.match(/<path/g)).toHaveLength(8);
  expect(svg).not.toContain('NaN');
  expect(svg).toContain('100 ms');
});
