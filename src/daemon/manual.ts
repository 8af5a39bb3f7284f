import type { Command } from 'commander';
import { EXIT } from '../errors.ts';

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'All went well.',
  fault: 'A fault of the program itself.',
  usage: 'The command line is wrong.',
  data: 'What was given, or asked of the daemon, is refused.',
  unavailable: 'A server, an address, the daemon or time enough was not to be had.',
  panic: 'The clock would have to be set further than the limits allow.',
  permission: 'A privilege is missing.',
  config: 'The configuration is wrong.',
};

/** The manual page of the program, in roff, from the verbs' own descriptions. */
export function programManual(root: Command): string {
  const parts = [
    '.TH NTPD-TS 8\n.SH NAME\nntpd-ts \\- NTP daemon\n',
    '.SH SYNOPSIS\n.B ntpd-ts\n.I verb\n.RI [ options ]\n',
    `.SH DESCRIPTION\n${roff(root.description())}\n.BR ntpd-ts.toml (5)\ndescribes its configuration.\n`,
  ];
  for (const verb of root.commands)
    parts.push(`.SH ${verb.name().toUpperCase().replaceAll('-', '\\-')}\n${verbPart(verb)}`);
  parts.push('.SH EXIT STATUS\n');
  for (const [name, code] of Object.entries(EXIT)) {
    parts.push(`.TP\n.B ${code}\n${EXIT_MEANINGS[name as keyof typeof EXIT]}\n`);
  }
  parts.push(
    '.SH SIGNALS\nSIGTERM and SIGINT end the daemon when it has answered what it has; SIGHUP has it read its\n',
  );
  parts.push(
    'configuration again and open the logs of [synchronization] anew, by name.\n.SH SEE ALSO\n.BR ntpd-ts.toml (5)\n',
  );
  return parts.join('');
}

function verbPart(verb: Command): string {
  const parts = [`.B ntpd-ts ${roff(fullName(verb))}\n${roff(verb.usage())}\n.PP\n${roff(verb.description())}\n`];
  for (const option of verb.options) {
    const standard = option.defaultValue === undefined ? '' : ` Default: ${String(option.defaultValue)}.`;
    parts.push(`.TP\n.B ${roff(option.flags)}\n${roff(option.description + standard)}\n`);
  }
  for (const inner of verb.commands) parts.push(`.SS ${roff(fullName(inner))}\n${verbPart(inner)}`);
  return parts.join('');
}

function fullName(verb: Command): string {
  const outer = verb.parent;
  return outer === null || outer.parent === null ? verb.name() : `${fullName(outer)} ${verb.name()}`;
}

function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}
