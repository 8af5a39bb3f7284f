import { ERRORS, EXIT } from '../errors.ts';
import { expectation } from './kinds.ts';
import { ALL_SECTIONS, type Option, type Section } from './options.ts';

/** The pages that are made from the table of options and the list of errors; the files in deploy/ are these. */

/** The annotated example: every option with its default or an example, all but the essential ones commented out. */
export function exampleFile(): string {
  const parts = ['## ntpd-ts: every option. What is commented out with one # shows the default, or an example.\n'];
  for (const [name, section] of supportedSections()) {
    const heading = section.repeated ? `[[${name}]]` : `[${name}]`;
    parts.push(`\n${comment(section.doc)}${section.repeated ? `# ${heading}` : heading}\n`);
    for (const [key, option] of supportedOptions(section)) {
      const value = option.default ?? option.example;
      parts.push(`\n${comment(optionDoc(option))}# ${key} = ${tomlValue(value, key)}\n`);
    }
  }
  return parts.join('');
}

/** The reference of the configuration file, in Markdown. */
export function configurationPage(): string {
  const parts = ['# Configuration\n\n`ntpd-ts check FILE` says everything that is wrong with a file.\n'];
  for (const [name, section] of supportedSections()) {
    parts.push(`\n## \`${section.repeated ? `[[${name}]]` : `[${name}]`}\`\n\n${section.doc}\n\n`);
    parts.push('| key | value | default | meaning |\n| --- | --- | --- | --- |\n');
    for (const [key, option] of supportedOptions(section)) {
      const value = option.default === undefined ? '' : `\`${tomlValue(option.default, key)}\``;
      const kept = option.required ? 'required' : value;
      parts.push(`| \`${key}\` | ${cell(expectation(option))} | ${cell(kept)} | ${cell(option.doc)} |\n`);
    }
  }
  return parts.join('');
}

/** The reference of error codes and exit codes, in Markdown. */
export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(([code, { exit, doc }]) => `| \`${code}\` | ${EXIT[exit]} | ${doc} |\n`);
  return `# Errors\n\n| code | exits with | meaning |\n| --- | --- | --- |\n${rows.join('')}`;
}

/** The manual page of the configuration file, in roff. */
export function configurationManual(): string {
  const parts = ['.TH NTPD-TS.TOML 5\n.SH NAME\nntpd-ts.toml \\- configuration of ntpd-ts(8)\n'];
  for (const [name, section] of supportedSections()) {
    parts.push(`.SH ${roff(section.repeated ? `[[${name}]]` : `[${name}]`)}\n${roff(section.doc)}\n`);
    for (const [key, option] of supportedOptions(section)) {
      const value = option.default === undefined ? '' : ` Default: ${tomlValue(option.default, key)}.`;
      const kept = option.required ? ' Required.' : value;
      parts.push(`.TP\n.B ${roff(key)}\n${roff(optionDoc(option) + kept)}\n`);
    }
  }
  return parts.join('');
}

function supportedSections(): [string, Section][] {
  return Object.entries(ALL_SECTIONS).filter(([, section]) => !section.unsupported);
}

function supportedOptions(section: Section): [string, Option][] {
  return Object.entries(section.options).filter(([, option]) => option.kind !== 'unsupported');
}

function optionDoc(option: Option): string {
  const expected = expectation(option);
  return `${option.doc} Value: ${expected}.`;
}

/** A value as it would stand in the file. */
function tomlValue(value: unknown, key: string): string {
  if (key.endsWith('-permissions')) return `0o${(value as number).toString(8)}`;
  if (Array.isArray(value)) return `[${value.map((element) => tomlValue(element, '')).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([name, inner]) => `${name} = ${tomlValue(inner, '')}`);
    return `{ ${pairs.join(', ')} }`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

const LINE_CHARACTERS = 100;

/** A text as comment lines of readable length. */
function comment(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) as string;
    if (last.length + word.length + 1 > LINE_CHARACTERS) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `## ${line}\n`).join('');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}
