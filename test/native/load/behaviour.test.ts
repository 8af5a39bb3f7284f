import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDirectory } from '../../support/directory.ts';
import { LoadResponder, onlyStep, runLoad } from '../../support/load-responder.ts';
import { type NtpdTs, ntpdTs, PROGRAM, startNtpdTs } from '../../support/ntpd-ts.ts';
import { Child, pause } from '../../support/run.ts';

const PORT = 11_961;
const target = (...args: string[]): string[] => ['127.0.0.1', '--port', String(PORT), ...args];

describe('clients', () => {
  let responder: LoadResponder;
  beforeAll(async () => {
    responder = await LoadResponder.start(null, { address: '127.0.0.1', port: PORT });
  });
  afterAll(() => responder?.stop());

  it('send as many requests as rate and duration make, whatever their number of threads', async () => {
    for (const workers of ['1', '2']) {
      const results = await runLoad(null, target('--rate', '3000', '--duration', '0.5', '--workers', workers));
      const { counts, rate } = onlyStep(results);
      expect(results.about.generators).toBe(Number(workers));
      expect(rate).toBe(3000);
      expect(Math.abs(counts.sent - 1500)).toBeLessThanOrEqual(2);
      expect(counts.answered).toBe(counts.sent);
    }
  });

  it('ask once in a poll each', async () => {
    const results = await runLoad(null, target('--client-count', '200', '--poll', '0.25', '--duration', '1'));
    expect(onlyStep(results)).toMatchObject({ rate: 800, counts: { sent: 800 } });
  });

  it('come in a crowd when told so', async () => {
    const results = await runLoad(null, target('--rate', '500', '--duration', '1', '--flash-crowd', '5@0.4+0.2'));
    // 500/s for 0.8 s and 2500/s for 0.2 s.
    expect(Math.abs(onlyStep(results).counts.sent - 900)).toBeLessThanOrEqual(2);
  });

  it('ask at random times with the same rate on average', async () => {
    const results = await runLoad(null, target('--rate', '4000', '--duration', '1', '--spacing', 'exponential'));
    const { sent } = onlyStep(results).counts;
    expect(Math.abs(sent - 4000)).toBeLessThan(4 * Math.sqrt(4000));
    expect(sent).not.toBe(4000);
  });

  it('abuse with the share of requests they were given', async () => {
    const results = await runLoad(null, target('--rate', '4000', '--duration', '1', '--abusers', '2:30%'));
    const { sent, abuserSent, abuserAnswered } = onlyStep(results).counts;
    expect(abuserSent / sent).toBeCloseTo(0.3, 1);
    expect(abuserAnswered).toBe(abuserSent);
  });

  it('of versions 1 to 4 are all answered in their version', async () => {
    const results = await runLoad(null, target('--rate', '1000', '--duration', '0.5', '--versions', '1:1,2:1,3:1,4:1'));
    const { counts } = onlyStep(results);
    expect(counts.answered).toBe(counts.sent);
  });

  it('are too many when the generator cannot keep their rate, which it says instead of blaming the server', async () => {
    const done = await ntpdTs(null, ['load', ...target('--rate', '8M', '--duration', '0.3', '--timeout', '0.2')]);
    expect(done.stderr).toMatch(/late.*says nothing about the server/);
    expect(done.status).toBe(69);
  });

  it('are too many when their open requests cannot be remembered', async () => {
    const done = await ntpdTs(null, ['load', ...target('--rate', '8M', '--duration', '0.3', '--timeout', '30')]);
    expect(done.stderr).toMatch(/lower --timeout/);
    expect(done.status).toBe(64);
  });

  it('are measured at every rate of a sweep', async () => {
    const results = await runLoad(
      null,
      target('--rate', '200', '--sweep-to', '800', '--multiplier', '2', '--duration', '0.2'),
    );
    expect(results.steps.map(({ rate }) => rate)).toEqual([200, 400, 800]);
  });

  it('keep what was measured until the generator is interrupted', async () => {
    const page = join(runDirectory('load'), 'page.html');
    const argv = [process.execPath, PROGRAM, 'load', ...target('--rate', '100', '--sweep-to', '1e5', '--html', page)];
    const child = new Child([...argv, '--multiplier', '1.01', '--duration', '0.2', '--timeout', '0.05']);
    await child.saw(/^ +101 /m);
    child.process.kill('SIGINT');
    await child.exited;
    expect(readFileSync(page, 'utf8')).toContain('--sweep-to 1e5');
  });

  it('leave nothing but a word when the generator is interrupted in its first step', async () => {
    const child = new Child([process.execPath, PROGRAM, 'load', ...target('--rate', '100', '--duration', '30')]);
    await child.saw(/rate\/s/);
    await pause(500);
    child.process.kill('SIGINT');
    expect(await child.exited).toBe(69);
    expect(child.stderr).toMatch(/^ntpd-ts: stopped before the first step was over$/m);
  });

  it('are shown in a table with a row for every step', async () => {
    const done = await ntpdTs(null, ['load', ...target('--rate', '100', '--sweep-to', '400', '--duration', '0.2')]);
    const [heading, ...rows] = done.stdout.trimEnd().split('\n');
    expect(heading).toMatch(/rate\/s.*answers\/s.*loss/);
    expect(rows.filter((row) => !row.includes('INVALID')).length).toBeGreaterThanOrEqual(4);
  });
});

describe('interleaved clients', () => {
  let server: NtpdTs;
  beforeAll(async () => {
    server = await startNtpdTs(null, { args: ['--listen', '127.0.0.1:11962', '--workers', '1', '--clock', 'none'] });
  });
  afterAll(() => server?.child.stop());

  it('get interleaved replies from a server that knows them, basic ones beside them do not', async () => {
    const args = ['127.0.0.1', '--port', '11962', '--rate', '1000', '--duration', '1.5'];
    const { counts } = onlyStep(await runLoad(null, [...args, '--mix', 'basic:50,interleaved:50']));
    expect(counts.answered + counts.unsynchronised).toBe(counts.sent);
    expect(counts.interleavedSent).toBeGreaterThan(counts.sent * 0.35);
    expect(counts.interleavedSent).toBeLessThanOrEqual(counts.sent * 0.5 + 1);
    expect(counts.interleavedReplies).toBeGreaterThan(counts.interleavedSent * 0.5);
    expect(counts.interleavedReplies).toBeLessThanOrEqual(counts.interleavedSent);
    const basic = onlyStep(await runLoad(null, args)).counts;
    expect(basic.interleavedReplies).toBe(0);
  });
});
