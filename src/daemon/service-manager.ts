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

/** Within this a living worker has moved its heartbeat. */
export const HEARTBEAT_MS = 1000;

/** Whether every worker lives: whether each one's heartbeat has moved within the last HEARTBEAT_MS. */
export class HeartbeatWatch {
  private beats: readonly number[] = [];
  private readonly movedMs: number[] = [];

  /** Takes note of the heartbeats as they are now; one that was not there before counts as moved. */
  alive(heartbeats: readonly number[], nowMs: number): boolean {
    const { beats, movedMs } = this;
    for (const [worker, beat] of heartbeats.entries()) if (beat !== beats[worker]) movedMs[worker] = nowMs;
    this.beats = heartbeats;
    return heartbeats.every((_, worker) => nowMs - (movedMs[worker] as number) <= HEARTBEAT_MS);
  }
}
