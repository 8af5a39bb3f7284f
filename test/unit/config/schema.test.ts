import { expect, test } from 'vitest';
import { SECTIONS } from '../../../src/config/options.ts';
import { camelCase, configSchema } from '../../../src/config/schema.ts';

test('keys are named in TypeScript as their words are', () => {
  expect(camelCase('startup-step-panic-threshold')).toBe('startupStepPanicThreshold');
  expect(camelCase('ntp')).toBe('ntp');
});

test('an empty configuration has every section, every option by its default, and null for one without', () => {
  const config = configSchema.parse({}) as unknown as Record<string, unknown>;
  for (const [name, section] of Object.entries(SECTIONS)) {
    const value = config[camelCase(name)];
    if ('unsupported' in section) continue;
    if ('repeated' in section && section.repeated) {
      expect(value, name).toEqual([]);
      continue;
    }
    for (const [key, option] of Object.entries(section.options as Record<string, { default?: unknown }>)) {
      const found = (value as Record<string, unknown>)[camelCase(key)];
      expect(found, `${name}.${key}`).not.toBeUndefined();
      expect(found === null, `${name}.${key}`).toBe(option.default === undefined);
    }
  }
});

test('a key or a section that there is not is an error', () => {
  expect(configSchema.safeParse({ sorce: [] }).success).toBe(false);
  expect(configSchema.safeParse({ workers: { cuont: 1 } }).success).toBe(false);
  expect(configSchema.safeParse({ server: [{}] }).success).toBe(false); // listen is required
});
