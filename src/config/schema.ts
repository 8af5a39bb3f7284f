import * as z from 'zod';
import { type KindValues, unsupported, validator } from './kinds.ts';
import { ALL_SECTIONS, type Option, type SECTIONS, type Section } from './options.ts';

type Camel<Key extends string> = Key extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Key;

type Kinded<O> = O extends { kind: 'choice'; choices: readonly (infer Choice)[] }
  ? Choice
  : O extends { kind: infer Kind extends keyof KindValues }
    ? KindValues[Kind]
    : never;

type Value<O> = O extends { required: true } | { default: unknown } ? Kinded<O> : Kinded<O> | null;

type SectionValue<S extends Section> = {
  readonly [Key in keyof S['options'] as Camel<Key & string>]: Value<S['options'][Key]>;
};

type Sections = typeof SECTIONS;

/** A validated configuration: every option present, keys in camelCase, an option left out without a default null. */
export type Config = {
  readonly [Name in keyof Sections as Camel<Name & string>]: Sections[Name]['repeated'] extends true
    ? readonly SectionValue<Sections[Name]>[]
    : SectionValue<Sections[Name]>;
};

export type ServerConfig = Config['server'][number];
export type SourceConfig = Config['source'][number];

/** The TypeScript name of a key. */
export function camelCase(key: string): string {
  return key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function optionSchema(option: Option): z.ZodType {
  const schema = validator(option);
  if (option.kind === 'unsupported') return schema.optional();
  if (option.required) return schema;
  return option.default === undefined ? schema.optional() : schema.prefault(option.default);
}

function sectionSchema(section: Section): z.ZodType {
  if (section.unsupported) {
    return unsupported(section.doc).optional();
  }
  const shape = Object.fromEntries(Object.entries(section.options).map(([key, option]) => [key, optionSchema(option)]));
  const table = z.strictObject(shape, 'a table').transform((values) => {
    return Object.fromEntries(Object.keys(section.options).map((key) => [camelCase(key), values[key] ?? null]));
  });
  return section.repeated ? z.array(table, 'an array of tables').prefault([]) : table.prefault({});
}

/** Validates a parsed TOML document. */
export const configSchema: z.ZodType<Config> = z
  .strictObject(
    Object.fromEntries(Object.entries(ALL_SECTIONS).map(([name, section]) => [name, sectionSchema(section)])),
  )
  .transform((values) => {
    const named = Object.entries(values).map(([name, value]) => [camelCase(name), value]);
    return Object.fromEntries(named) as Config;
  });
