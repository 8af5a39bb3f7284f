import { describe, expect, it } from 'vitest';
import { HeartbeatWatch, ServiceManager } from '../../../src/daemon/service-manager.ts';

describe('the service manager', () => {
  it('is told how we are', () => {
    const sent: string[] = [];
    const manager = new ServiceManager({ NOTIFY_SOCKET: '@x' }, 1, (path, text) => {
      sent.push(`${path} ${text}`);
      return 0;
    });
    manager.ready('serving');
    manager.status('well');
    manager.alive();
    manager.stopping();
    expect(sent).toEqual(['@x READY=1\nSTATUS=serving', '@x STATUS=well', '@x WATCHDOG=1', '@x STOPPING=1']);
  });

  it('is not bothered when it did not start us', () => {
    const manager = new ServiceManager({}, 1, () => {
      throw new Error('told');
    });
    manager.ready('');
    manager.stopping();
    expect(manager.watchdogMs).toBeNull();
  });

  it('is fed twice per watchdog interval, by the process it watches', () => {
    const environment = { NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '10000000' };
    expect(new ServiceManager(environment, 7).watchdogMs).toBe(5000);
    expect(new ServiceManager({ ...environment, WATCHDOG_PID: '7' }, 7).watchdogMs).toBe(5000);
    expect(new ServiceManager({ ...environment, WATCHDOG_PID: '8' }, 7).watchdogMs).toBeNull();
    expect(new ServiceManager({ ...environment, WATCHDOG_USEC: '0' }, 7).watchdogMs).toBeNull();
  });
});

describe('heartbeats', () => {
  it('are alive only while every one of them has moved within a second, however often they are looked at', () => {
    const watch = new HeartbeatWatch();
    expect(watch.alive([1, 1], 5000)).toBe(true);
    expect(watch.alive([2, 5], 5100)).toBe(true);
    expect(watch.alive([2, 5], 6100)).toBe(true);
    expect(watch.alive([3, 5], 6101)).toBe(false);
    expect(watch.alive([3, 6], 6200)).toBe(true);
    expect(watch.alive([3, 6], 7102)).toBe(false);
    expect(new HeartbeatWatch().alive([], 0)).toBe(true);
  });

  it('may come to be more when the workers start later', () => {
    const watch = new HeartbeatWatch();
    expect(watch.alive([], 0)).toBe(true);
    expect(watch.alive([0, 0], 9000)).toBe(true);
    expect(watch.alive([1, 0], 10_500)).toBe(false);
  });
});
