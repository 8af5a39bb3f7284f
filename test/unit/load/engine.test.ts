import { describe, expect, it } from 'vitest';
import { Engine, type RawSetup } from '../../../src/load/engine.ts';
import { type Network, parseNetwork } from '../../../src/load/network.ts';
import { plainStep } from '../../../src/load/plan.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

function socketEngine(sources: readonly Uint8Array[] = []): Engine {
  return Engine.open({ kind: 'socket', target: LOOPBACK, targetPort: 9, scope: 0, sources, clients: 2 });
}

describe('an engine', () => {
  it('names an interface that there is not', () => {
    const setup: RawSetup = {
      kind: 'raw',
      target: LOOPBACK,
      targetPort: 123,
      interfaceName: 'nowhere0',
      network: parseNetwork('10.0.0.0/8') as Network,
      firstClient: 0,
      clients: 1,
      queue: 0,
      packetTransmit: false,
      worker: 0,
      workers: 1,
    };
    expect(() => Engine.open(setup)).toThrow(
      expect.objectContaining({ code: 'load-interface', message: 'there is no interface nowhere0' }),
    );
  });

  it('names a source address that is not of this machine', () => {
    expect(() => socketEngine([Uint8Array.of(198, 51, 100, 7)])).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('--source') }),
    );
  });

  it('refuses a step whose open requests it could not remember, and says what helps', () => {
    const engine = socketEngine();
    expect(() => engine.begin({ ...plainStep(10e6, 1), timeoutSeconds: 60, clients: 2 })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('lower --timeout') }),
    );
    engine.close();
  });

  it('counts in copies: what another thread was given does not change under it', () => {
    const engine = socketEngine();
    engine.begin({ ...plainStep(1000, 0.01), timeoutSeconds: 0.01, clients: 2 });
    const before = engine.counts();
    while (!engine.slice());
    const { counts } = engine.counted();
    engine.close();
    expect(before.every((count) => count === 0)).toBe(true);
    expect(counts.some((count) => count > 0)).toBe(true);
  });
});
