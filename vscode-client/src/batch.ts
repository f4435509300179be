/** Gathers what comes in a rush: the first at once, the rest every few milliseconds. No `vscode` here. */

/** Milliseconds: what a screen can show and a webview can take (20,000 deltas in 1 s instead of 17 s). */
export const FLUSH_EVERY = 33;

export class Batch<T> {
  private waiting: T[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly deliver: (batch: T[]) => void,
    private readonly every = FLUSH_EVERY,
  ) {}

  add(...items: T[]): void {
    this.waiting.push(...items);
    if (this.timer === undefined) this.flush();
  }

  /** Deliver what waits, now. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting.length === 0) return;
    const batch = this.waiting;
    this.waiting = [];
    this.timer = setTimeout(() => this.flush(), this.every);
    this.deliver(batch);
  }

  /** Forget what waits. */
  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = [];
  }
}
