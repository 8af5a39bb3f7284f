import { describe, expect, it } from 'vitest';
import { controlPath } from '../../../src/config/control-path.ts';
import { defaultConfig } from '../../../src/config/load.ts';

const { observability } = defaultConfig();

describe('the control socket', () => {
  it('is where it is configured, else where the service, root or the user keep such things', () => {
    expect(controlPath({ ...observability, observationPath: '/x' }, { RUNTIME_DIRECTORY: '/run/y' }, 0)).toBe('/x');
    expect(controlPath(observability, { RUNTIME_DIRECTORY: '/run/y:/run/z' }, 0)).toBe('/run/y/control.sock');
    expect(controlPath(observability, {}, 0)).toBe('/run/ntpd-ts/control.sock');
    expect(controlPath(observability, { XDG_RUNTIME_DIR: '/run/user/7' }, 7)).toBe('/run/user/7/ntpd-ts/control.sock');
    expect(controlPath(observability, {}, 7)).toBeNull();
  });
});
