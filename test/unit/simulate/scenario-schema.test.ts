import { expect, it } from 'vitest';
import { scenarioSchema } from '../../../src/simulate/scenario-schema.ts';

const BARE = { description: 'x', duration: 10, node: [{ name: 'a' }] };

it('needs no more than a description, a duration and a node', () => {
  const result = scenarioSchema.safeParse(BARE);
  expect(result.success).toBe(true);
  expect(result.data).toMatchObject({ settle: 0, server: [], network: {}, limits: {} });
});

it.each([
  ['a probability above one', { network: { losses: [{ probability: 1.5 }] } }],
  ['a delay below zero', { network: { base: -1 } }],
  ['a leap of two seconds', { leaps: [{ at: 5, sign: 2 }] }],
  ['a date that is none', { start: 'yesterday' }],
  ['an empty world', { node: [] }],
  ['a kiss of five letters', { server: [{ name: 's', chapter: [{ at: 0, kiss: 'DENIED' }] }] }],
  ['an unknown key', { nodes: [] }],
])('refuses %s', (_name, extra) => {
  expect(scenarioSchema.safeParse({ ...BARE, ...extra }).success).toBe(false);
});
