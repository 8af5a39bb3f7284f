import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { configurationManual, configurationPage, errorsPage, exampleFile } from '../../../src/config/reference.ts';

/** The generated files are compared with what is checked in; `npm run reference` writes them anew. */
const DEPLOY = '../../../deploy';

describe('the generated pages', () => {
  it('are up to date', async () => {
    await expect(exampleFile()).toMatchFileSnapshot(`${DEPLOY}/ntpd-ts.example.toml`);
    await expect(configurationPage()).toMatchFileSnapshot(`${DEPLOY}/reference/configuration.md`);
    await expect(errorsPage()).toMatchFileSnapshot(`${DEPLOY}/reference/errors.md`);
    await expect(configurationManual()).toMatchFileSnapshot(`${DEPLOY}/man/ntpd-ts.toml.5`);
  });

  it('show an example that loads, as it stands and with everything in it switched on', () => {
    const example = exampleFile();
    expect(parseConfig(example, 'example').server).toEqual([]);
    const switchedOn = example.replace(/^# /gm, '');
    const config = parseConfig(switchedOn, 'example');
    expect(config.server).toHaveLength(1);
    expect(config.source).toHaveLength(1);
  });
});
