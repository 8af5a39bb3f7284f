import { type DelaySampler, delaySampler, inWindow } from './delay.ts';
import type { RandomStream } from './random-stream.ts';
import type { DirectionOptions } from './scenario.ts';

/**
 * One direction of a link at work. `carry` says when the packet that leaves now arrives (several times if it was
 * duplicated, never if it was lost).
 */
export class Direction {
  readonly #options: DirectionOptions;
  readonly #random: RandomStream;
  readonly #samplers: readonly DelaySampler[];
  readonly #up: boolean;

  /**
   * @param up - whether this is the direction towards the link's second node.
   * @param random - this direction's own stream.
   * @param shared - the link's stream: equal for both directions, so that both hash a port to the same path.
   */
  constructor(options: DirectionOptions, up: boolean, random: RandomStream, shared: RandomStream) {
    this.#options = options;
    this.#random = random;
    this.#up = up;
    this.#samplers = (options.parts ?? []).map((part, index) =>
      delaySampler(part, (part.shape === 'ecmp' ? shared : random).fork(`part ${index}`)),
    );
  }

  carry(atSeconds: number, port: number, arrive: (atSeconds: number) => void): void {
    const { base = 0, losses, duplication = 0, duplicateDelay = 0, reordering = 0, reorderDelay = 0 } = this.#options;
    for (const loss of losses ?? []) {
      if (inWindow(loss, atSeconds) && this.#random.uniform() < loss.probability) return;
    }
    let delay = base;
    for (const sampler of this.#samplers) delay += sampler(atSeconds, this.#up, port);
    if (delay < 0) delay = 0;
    if (reordering > 0 && this.#random.uniform() < reordering) delay += reorderDelay;
    arrive(atSeconds + delay);
    if (duplication > 0 && this.#random.uniform() < duplication) {
      arrive(atSeconds + delay + duplicateDelay);
    }
  }
}
