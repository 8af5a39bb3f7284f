import { expect, it } from 'vitest';
import { drawPlot, escapeText } from '../../../../src/load/report/plot.ts';
import { linearScale } from '../../../../src/load/report/scale.ts';

it('draws every point with its note, the axes and a legend', () => {
  const svg = drawPlot({
    id: 'answers',
    title: 'Answers',
    xLabel: 'offered',
    yLabel: 'answered',
    x: linearScale([0, 10]),
    y: linearScale([0, 10]),
    formatX: String,
    formatY: String,
    series: [{ name: 'a server', colour: 1, dash: '', points: [{ x: 10, y: 5, note: 'five' }] }],
  });
  expect(svg).toMatch(/^<figure id="answers">/);
  expect(svg).toContain('<title>a server: five</title>');
  expect(svg).toContain('class="c1"');
  expect(svg.match(/class="tick/g)?.length).toBeGreaterThan(6);
  // The right end, half-way up.
  expect(svg).toContain('<circle class="c1" cx="526.0" cy="153.0"');
});

it('lets no text become markup', () => {
  expect(escapeText(`<script a="b">&'`)).toBe('&#60;script a=&#34;b&#34;&#62;&#38;&#39;');
});
