import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { ConfigError, type ConfigProblem } from '../config/load.ts';
import { type KeyPath, locate } from '../config/positions.ts';
import { camelCase } from '../config/schema.ts';
import { whyUnreadable } from '../config/unreadable.ts';
import type { ErrorCode } from '../errors.ts';
import type { Scenario } from './scenario.ts';
import { scenarioSchema } from './scenario-schema.ts';

/** A scenario and the recorded oscillator errors (ppm per second) that its nodes name, by node. */
export interface LoadedScenario {
  scenario: Scenario;
  recordedPpm: ReadonlyMap<string, Float64Array>;
}

/**
 * Reads and checks a scenario file and the files it names.
 *
 * @throws ConfigError naming every problem by file, line and key.
 */
export function loadScenario(file: string): LoadedScenario {
  const text = read(file);
  const scenario = parseScenario(text, file);
  const recordedPpm = new Map<string, Float64Array>();
  for (const [index, { name, oscillator }] of scenario.node.entries()) {
    if (oscillator.file === undefined) continue;
    const path: KeyPath = ['node', index, 'oscillator', 'file'];
    recordedPpm.set(name, readErrors(resolve(dirname(file), oscillator.file), { text, file, path }));
  }
  return { scenario, recordedPpm };
}

/** Checks a scenario's text; `file` is only named in messages. @throws ConfigError */
export function parseScenario(text: string, file: string): Scenario {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const message = `not valid TOML: ${cause.message.split('\n')[0]?.replace('Invalid TOML document: ', '')}`;
    throw new ConfigError([{ ...problem('config-syntax', file, message), line: cause.line, column: cause.column }]);
  }
  const problems: ConfigProblem[] = [];
  const report = (code: ErrorCode, path: readonly PropertyKey[], message: string): void => {
    const keys: KeyPath = path.map((key, index): string | number =>
      typeof key === 'number' || (path[0] === 'limits' && index === 1) ? (key as number) : kebabCase(String(key)),
    );
    problems.push(problemAt(code, { text, file, path: keys }, message));
  };
  const reportAsSpelt: Report = (code, path, message) => {
    problems.push(problemAt(code, { text, file, path: path as KeyPath }, message));
  };
  const result = scenarioSchema.safeParse(camelKeys(raw, [], reportAsSpelt), { reportInput: true });
  if (result.success) crossCheck(result.data, (path, message) => report('config-bad-value', path, message));
  else for (const issue of result.error.issues) reportIssue(issue as Issue, report);
  const [first, ...rest] = problems;
  if (first !== undefined) throw new ConfigError([first, ...rest]);
  return result.data as Scenario;
}

type Report = (code: ErrorCode, path: readonly PropertyKey[], message: string) => void;

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly input?: unknown;
}

function reportIssue(issue: Issue, report: Report): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys ?? []) report('config-unknown-key', [...issue.path, key], 'unknown key');
  } else if (issue.input === undefined) {
    report('config-missing-key', issue.path, `missing: ${plain(issue.message)}`);
  } else {
    report('config-bad-value', issue.path, `${plain(issue.message)}, found ${display(issue.input)}`);
  }
}

/** The validator's words without what is said anyway. */
function plain(message: string): string {
  return message.replace(/^Invalid input: /, '').replace(/, received \S+$/, '');
}

/** JSON has neither NaN nor infinity. */
function display(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** What a schema cannot see: names that must mean something. */
function crossCheck(scenario: Scenario, report: (path: readonly PropertyKey[], message: string) => void): void {
  const places = new Set<string>();
  const declare = (kind: 'node' | 'server' | 'name'): void => {
    for (const [index, { name }] of scenario[kind].entries()) {
      if (places.has(name)) report([kind, index, 'name'], `there is already one called "${name}"`);
      places.add(name);
    }
  };
  declare('node');
  declare('server');
  const hosts = new Set(places);
  declare('name');
  const want = (known: ReadonlySet<string>, name: string, path: readonly PropertyKey[]): void => {
    if (!known.has(name)) report(path, `nothing is called "${name}"`);
  };
  for (const [index, { nodes }] of scenario.name.entries()) {
    for (const [at, node] of nodes.entries()) want(hosts, node, ['name', index, 'nodes', at]);
  }
  for (const [index, { from, to }] of scenario.link.entries()) {
    want(hosts, from, ['link', index, 'from']);
    want(hosts, to, ['link', index, 'to']);
  }
  for (const [index, { source }] of scenario.node.entries()) {
    for (const [at, { address, pollMin, pollMax }] of source.entries()) {
      want(places, address, ['node', index, 'source', at, 'address']);
      if ((pollMin ?? 0) > (pollMax ?? Number.POSITIVE_INFINITY))
        report(['node', index, 'source', at, 'pollMax'], 'is below poll-min');
    }
  }
  const nodes = new Set(scenario.node.map(({ name }) => name));
  for (const name of Object.keys(scenario.limits)) want(nodes, name, ['limits', name]);
  if (scenario.settle >= scenario.duration) report(['settle'], 'must be less than duration');
}

/** The same value with kebab-case keys in camelCase, so that one word has one spelling; names under `limits` stay. */
function camelKeys(value: unknown, path: readonly PropertyKey[], report: Report): unknown {
  if (Array.isArray(value)) return value.map((entry, index) => camelKeys(entry, [...path, index], report));
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return value;
  const named = path.length === 1 && path[0] === 'limits';
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const inner = [...path, key];
    if (!named && /[A-Z]/.test(key))
      report('config-unknown-key', inner, `unknown key: keys are spelt in kebab-case, "${kebabCase(key)}"`);
    else result[named ? key : camelCase(key)] = camelKeys(entry, inner, report);
  }
  return result;
}

function kebabCase(key: string): string {
  return key.replace(/([a-z])(\d)/g, '$1-$2').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function dotted(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => {
    return typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`;
  }, '');
}

/** A key of a scenario, for messages about what it names. */
interface Place {
  readonly text: string;
  readonly file: string;
  readonly path: KeyPath;
}

function readErrors(file: string, place: Place): Float64Array {
  const values = read(file, place).trim().split(/\s+/).map(Number);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return Float64Array.from(values);
  const message = `expected one error in ppm per line, as ${place.file} names it`;
  const key = dotted(place.path);
  throw new ConfigError([{ ...problem('config-bad-value', file, message), line: bad + 1, column: 1, key }]);
}

/** @param place - the key that names the file; without one the file is the scenario itself. */
function read(file: string, place?: Place): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = whyUnreadable(cause);
    if (place === undefined) throw new ConfigError([problem('config-unreadable', file, `cannot be read: ${message}`)]);
    throw new ConfigError([problemAt('config-unreadable', place, `${file} cannot be read: ${message}`)]);
  }
}

function problemAt(code: ErrorCode, { text, file, path }: Place, message: string): ConfigProblem {
  return { ...problem(code, file, message), ...locate(text, path), key: dotted(path) };
}

function problem(code: ErrorCode, file: string, message: string): ConfigProblem {
  return { code, file, line: 0, column: 0, key: '', message, suggestion: null };
}
