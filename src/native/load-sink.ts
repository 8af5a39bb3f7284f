/** What the generator itself is measured against: see addon/load_sink.cc. Needs CAP_NET_ADMIN and CAP_BPF. */
import { loadAddon } from './binding.ts';

/**
 * drop: XDP drops what goes to port 123; reflect: XDP answers it; echo: an AF_XDP socket answers it while `slice`
 * runs; pass: XDP lets all pass, which a veth needs on the side that gets what `reflect` sends.
 */
export type SinkKind = 'pass' | 'drop' | 'reflect' | 'echo';

export interface Sink {
  /** echo: answers for at most this long; returns how many. */
  slice(milliseconds: number): number;
  close(): void;
}

/** Attaches a sink to an interface; it goes with the process. @throws SystemError */
export function openSink(kind: SinkKind, interfaceIndex: number): Sink {
  const { LoadSink } = loadAddon<{ LoadSink: new (options: { kind: SinkKind; interfaceIndex: number }) => Sink }>();
  return new LoadSink({ kind, interfaceIndex });
}
