import { describe, expect, it } from 'vitest';
import { loadCommand } from '../../../src/load/command.ts';

const load = (...args: string[]) => loadCommand().exitOverride().parseAsync(args, { from: 'user' });

describe('the verb', () => {
  it('takes one target at a time', async () => {
    await expect(load('127.0.0.1', '127.0.0.2')).rejects.toMatchObject({
      code: 'usage',
      message: 'load: one target at a time, not also 127.0.0.2',
    });
  });

  it('compares nothing without files', async () => {
    await expect(load('compare')).rejects.toMatchObject({ code: 'usage', message: /name the files/ });
  });

  it('does not measure for a page that it could not write', async () => {
    await expect(load('127.0.0.1', '--html', '/nowhere/page.html')).rejects.toMatchObject({ code: 'load-output' });
  });

  it('has a word for every option', () => {
    for (const option of loadCommand().options) expect(option.description).not.toBe('');
  });
});
