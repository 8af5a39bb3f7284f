/** The public API of ntpd-ts; the only re-exporting file. */
export * from './protocol/timestamp.ts';
