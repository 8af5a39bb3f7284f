import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import type * as z from 'zod';
import { type ErrorCode, OperatorError } from '../errors.ts';
import { conflicts, formatEndpoint } from './conflicts.ts';
import type { Endpoint } from './kinds.ts';
import { ALL_SECTIONS } from './options.ts';
import { type KeyPath, locate } from './positions.ts';
import { type Config, configSchema, type ServerConfig } from './schema.ts';
import { suggest } from './suggest.ts';
import { whyUnreadable } from './unreadable.ts';

/** Characters of a wrong value that a message quotes. */
const SHOWN_MAX = 100;

/** One thing wrong with a configuration, with all that is needed to mend it. */
export interface ConfigProblem {
  readonly code: ErrorCode;
  readonly file: string;
  /** From 1; 0 when the place is not known. */
  readonly line: number;
  readonly column: number;
  /** Dotted, as in "server[0].listen"; empty when the problem is the file's. */
  readonly key: string;
  readonly message: string;
  /** What was probably meant, or null. */
  readonly suggestion: string | null;
}

/** Every problem of a configuration at once; the code is that of the first. */
export class ConfigError extends OperatorError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly [ConfigProblem, ...ConfigProblem[]]) {
    super(problems[0].code, problems.map(formatProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** A problem as one line: file, line, key, what is wrong, what was probably meant. */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file;
  const key = problem.key === '' ? '' : ` ${problem.key}:`;
  const hint = problem.suggestion === null ? '' : `; did you mean "${problem.suggestion}"?`;
  return `${place}:${key} ${problem.message}${hint}`;
}

/**
 * Reads and validates a configuration file.
 *
 * @throws ConfigError with every problem that could be found.
 */
export function loadConfig(file: string): Config {
  let toml: string;
  try {
    toml = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError([plainProblem('config-unreadable', file, `cannot be read: ${whyUnreadable(cause)}`)]);
  }
  return parseConfig(toml, file);
}

/** Validates the text of a configuration; `file` is only named in messages. Throws as `loadConfig`. */
export function parseConfig(toml: string, file: string): Config {
  let document: Record<string, unknown>;
  try {
    document = parse(toml);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const message = `not valid TOML: ${cause.message.split('\n')[0]?.replace('Invalid TOML document: ', '')}`;
    const { line, column } = cause;
    throw new ConfigError([{ ...plainProblem('config-syntax', file, message), line, column }]);
  }
  const result = configSchema.safeParse(document, { reportInput: true });
  const [first, ...rest] = result.success
    ? conflicts(result.data).map(({ path, message }) => problemAt('config-conflict', toml, file, path, message))
    : result.error.issues.flatMap((issue) => problemsOf(issue, toml, file));
  if (first !== undefined) throw new ConfigError([first, ...rest]);
  return result.data as Config;
}

/** The configuration of an empty file. */
export function defaultConfig(): Config {
  return parseConfig('', '(defaults)');
}

/** A listener with every other option at its default. */
export function defaultServer(listen: Endpoint): ServerConfig {
  const text = JSON.stringify(formatEndpoint(listen));
  return { ...(parseConfig(`[[server]]\nlisten = ${text}`, '(defaults)').server[0] as ServerConfig), listen };
}

function plainProblem(code: ErrorCode, file: string, message: string): ConfigProblem {
  return { code, file, line: 0, column: 0, key: '', message, suggestion: null };
}

/** A problem of a value that stands at `path` in the text of a configuration. */
export function problemAt(code: ErrorCode, toml: string, file: string, path: KeyPath, message: string): ConfigProblem {
  const key = path.reduce<string>((text, part) => {
    return typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`;
  }, '');
  return { ...plainProblem(code, file, message), ...(locate(toml, path) ?? {}), key };
}

function problemsOf(issue: z.core.$ZodIssue, toml: string, file: string): ConfigProblem[] {
  const path = issue.path as KeyPath;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(toml, file, [...path, key], key));
  }
  if (issue.code === 'custom' && issue.params?.['notSupported'] === true) {
    return [problemAt('config-not-supported', toml, file, path, notSupported(issue))];
  }
  if (issue.input === undefined) {
    return [problemAt('config-missing-key', toml, file, path, `missing: expected ${issue.message}`)];
  }
  const message = `expected ${issue.message}, found ${shown(issue.input)}`;
  return [problemAt('config-bad-value', toml, file, path, message)];
}

/** A value as it may be written, the beginning of it when it is long: a list has thousands of prefixes. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value).replace('Infinity', 'inf').replace('NaN', 'nan');
  const text = JSON.stringify(value);
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

function notSupported(issue: z.core.$ZodIssueCustom): string {
  const known = typeof issue.input === 'string' && issue.message.startsWith('one of ');
  return known
    ? `"${issue.input}" is not supported: expected ${issue.message}`
    : `not supported: ${issue.message} is not part of this version`;
}

function unknownKey(toml: string, file: string, path: KeyPath, key: string): ConfigProblem {
  const [name, ...inner] = path.filter((part) => typeof part === 'string');
  if (inner[0] === 'algorithm' && inner.length > 1) {
    const message = "not supported: tunes ntpd-rs's own filter; only step-threshold is read here";
    return problemAt('config-not-supported', toml, file, path, message);
  }
  const section = ALL_SECTIONS[name ?? ''];
  const known =
    inner.length === 0 ? Object.keys(ALL_SECTIONS) : inner.length === 1 ? Object.keys(section?.options ?? {}) : [];
  const elsewhere = inner.length === 1 ? tablesWith(key) : [];
  const message = elsewhere.length === 0 ? 'unknown key' : `unknown key here; it belongs in ${elsewhere.join(' or ')}`;
  const suggestion = elsewhere.length === 0 ? suggest(key, known) : null;
  return { ...problemAt('config-unknown-key', toml, file, path, message), suggestion };
}

/** The tables that do have this key, for a key that stands in the wrong one. */
function tablesWith(key: string): string[] {
  return Object.entries(ALL_SECTIONS)
    .filter(([, section]) => Object.hasOwn(section.options, key))
    .map(([name, section]) => (section.repeated ? `[[${name}]]` : `[${name}]`));
}
