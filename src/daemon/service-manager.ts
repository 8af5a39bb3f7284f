import { serviceNotify } from '../native/service-notify.ts';

/** What systemd is told (sd_notify(3)); does nothing when it has not started us. */
export class ServiceManager {
  /** How often to call `alive`, in milliseconds; null when no watchdog is set. */
  readonly watchdogMs: number | null;
  private readonly send: (text: string) => void;

  constructor(
    environment: NodeJS.ProcessEnv,
    pid: number,
    notify: (path: string, text: string) => number = serviceNotify,
  ) {
    const path = environment['NOTIFY_SOCKET'];
    this.send = path ? (text) => notify(path, text) : () => {};
    const watchdogUs = Number(environment['WATCHDOG_USEC']);
    const ours = environment['WATCHDOG_PID'] === undefined || Number(environment['WATCHDOG_PID']) === pid;
    this.watchdogMs = path && ours && watchdogUs > 0 ? watchdogUs / 2000 : null;
  }

  ready(status: string): void {
    this.send(`READY=1\nSTATUS=${status}`);
  }

  status(status: string): void {
    this.send(`STATUS=${status}`);
  }

  stopping(): void {
    this.send('STOPPING=1');
  }

  /** To be called only while every worker and the coordinator move. */
  alive(): void {
    this.send('WATCHDOG=1');
  }
}

/** Whether every heartbeat has moved since the last call; the first call only takes note. */
export class HeartbeatWatch {
  private last: readonly number[] | null = null;

  moved(heartbeats: readonly number[]): boolean {
    const { last } = this;
    this.last = heartbeats;
    return last === null || heartbeats.every((beat, worker) => beat !== last[worker]);
  }
}
