import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { Scenario } from './scenario.ts';
import { scenarioSchema } from './scenario-schema.ts';
import { lineOfKey } from './toml-lines.ts';

/** One fault of a scenario file. */
export interface ScenarioFault {
  /** Line in the file, 0 when it is not the fault of one line. */
  line: number;
  /** Dotted key as the file spells it; empty for a fault of syntax. */
  key: string;
  message: string;
}

/** A scenario file that cannot be used; the message has one line per fault, as `file:line: key: what is wrong`. */
export class ScenarioError extends Error {
  readonly faults: readonly ScenarioFault[];

  constructor(file: string, faults: readonly ScenarioFault[]) {
    super(
      faults
        .map(({ line, key, message }) => `${file}:${line === 0 ? '' : `${line}:`}${key && ` ${key}:`} ${message}`)
        .join('\n'),
    );
    this.name = 'ScenarioError';
    this.faults = faults;
  }
}

/** A scenario and the recorded oscillator errors (ppm per second) that its nodes name, by node. */
export interface LoadedScenario {
  scenario: Scenario;
  recordedPpm: ReadonlyMap<string, Float64Array>;
}

/**
 * Reads and checks a scenario file and the files it names.
 *
 * @throws ScenarioError naming every fault; the file system's error when the file itself cannot be read.
 */
export function loadScenario(file: string): LoadedScenario {
  const scenario = parseScenario(readFileSync(file, 'utf8'), file);
  const recordedPpm = new Map<string, Float64Array>();
  for (const { name, oscillator } of scenario.node) {
    if (oscillator.file === undefined) continue;
    const path = resolve(dirname(file), oscillator.file);
    const values = readFileSync(path, 'utf8').trim().split(/\s+/).map(Number);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new ScenarioError(path, [{ line: bad + 1, key: '', message: 'expected one error in ppm per line' }]);
    recordedPpm.set(name, Float64Array.from(values));
  }
  return { scenario, recordedPpm };
}

/** Checks a scenario's text. @throws ScenarioError */
export function parseScenario(text: string, file: string): Scenario {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split('\n')[0] ?? 'not TOML';
    throw new ScenarioError(file, [{ line: error.line, key: '', message }]);
  }
  const faults: ScenarioFault[] = [];
  const fault = (path: readonly PropertyKey[], message: string): void => {
    const keys = path.map((key, index) => (path[0] === 'limits' && index === 1 ? key : kebab(key)));
    faults.push({ line: lineOfKey(text, keys), key: keys.join('.'), message });
  };
  const result = scenarioSchema.safeParse(camelKeys(raw, [], fault));
  if (result.success) crossCheck(result.data, fault);
  else for (const issue of result.error.issues) reportIssue(issue, fault);
  if (faults.length > 0) throw new ScenarioError(file, faults);
  return result.data as Scenario;
}

type Report = (path: readonly PropertyKey[], message: string) => void;

function reportIssue(
  issue: { code?: string; path: readonly PropertyKey[]; message: string; keys?: readonly string[] },
  fault: Report,
): void {
  if (issue.code === 'unrecognized_keys' && issue.keys) {
    for (const key of issue.keys) fault([...issue.path, key], 'no such key');
  } else {
    fault(issue.path, issue.message);
  }
}

/** What a schema cannot see: names that mean something, and windows and nodes that fit together. */
function crossCheck(scenario: Scenario, fault: Report): void {
  const places = new Set<string>();
  const declare = (kind: 'node' | 'server' | 'name'): void => {
    for (const [index, { name }] of scenario[kind].entries()) {
      if (places.has(name)) fault([kind, index, 'name'], `there is already one called "${name}"`);
      places.add(name);
    }
  };
  declare('node');
  declare('server');
  const hosts = new Set(places);
  declare('name');
  for (const [index, { nodes }] of scenario.name.entries()) {
    for (const node of nodes) if (!hosts.has(node)) fault(['name', index, 'nodes'], `nothing is called "${node}"`);
  }
  for (const [index, { from, to }] of scenario.link.entries()) {
    if (!hosts.has(from)) fault(['link', index, 'from'], `nothing is called "${from}"`);
    if (!hosts.has(to)) fault(['link', index, 'to'], `nothing is called "${to}"`);
  }
  for (const [index, node] of scenario.node.entries()) {
    for (const [at, { address }] of node.source.entries()) {
      if (!places.has(address)) fault(['node', index, 'source', at, 'address'], `nothing is called "${address}"`);
    }
  }
  for (const name of Object.keys(scenario.limits)) {
    if (!scenario.node.some((node) => node.name === name)) fault(['limits', name], `no node is called "${name}"`);
  }
  if (scenario.settle >= scenario.duration) fault(['settle'], 'must be less than duration');
}

/** The same value with kebab-case keys in camelCase, so that one word has one spelling; names under `limits` stay. */
function camelKeys(value: unknown, path: readonly PropertyKey[], fault: Report): unknown {
  if (Array.isArray(value)) return value.map((entry, index) => camelKeys(entry, [...path, index], fault));
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return value;
  const named = path.length === 1 && path[0] === 'limits';
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    if (!named && /[A-Z]/.test(key)) fault([...path, key], `no such key (keys are spelt like "${kebab(key)}")`);
    else result[named ? key : camel(key)] = camelKeys(entry, [...path, key], fault);
  }
  return result;
}

function camel(key: string): string {
  return key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function kebab(key: PropertyKey): string {
  return String(key)
    .replace(/([a-z])(\d)/g, '$1-$2')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
