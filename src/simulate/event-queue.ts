/** What happens in a virtual world, in order of true time; equal times keep the order in which they were put in. */
export class EventQueue {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #actions: (() => void)[] = [];
  #count = 0;

  get size(): number {
    return this.#actions.length;
  }

  /** Time of the first event, Infinity when there is none. */
  get nextSeconds(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  add(atSeconds: number, action: () => void): void {
    const order = this.#count++;
    let hole = this.#actions.length;
    this.#times.push(atSeconds);
    this.#orders.push(order);
    this.#actions.push(action);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if ((this.#times[parent] as number) <= atSeconds) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, atSeconds, order, action);
  }

  /** Takes the first event out and returns its action. The queue must not be empty. */
  take(): () => void {
    const first = this.#actions[0] as () => void;
    const time = this.#times.pop() as number;
    const order = this.#orders.pop() as number;
    const action = this.#actions.pop() as () => void;
    const length = this.#actions.length;
    if (length === 0) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#before(child + 1, child)) child++;
      const childTime = this.#times[child] as number;
      if (time < childTime || (time === childTime && order < (this.#orders[child] as number))) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, time, order, action);
    return first;
  }

  #before(a: number, b: number): boolean {
    const timeA = this.#times[a] as number;
    const timeB = this.#times[b] as number;
    return timeA < timeB || (timeA === timeB && (this.#orders[a] as number) < (this.#orders[b] as number));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#orders[from] as number, this.#actions[from] as () => void);
  }

  #put(at: number, time: number, order: number, action: () => void): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#actions[at] = action;
  }
}
