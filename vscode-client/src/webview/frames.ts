/** Drawing once a frame, however often something changes. */

export class Frames {
  private readonly waiting = new Set<() => void>();
  private scheduled = false;

  constructor(private readonly after: () => void) {}

  /** Draw in the next frame; the same function only once. */
  draw(what: () => void): void {
    this.waiting.add(what);
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => this.run());
  }

  private run(): void {
    this.scheduled = false;
    const drawings = [...this.waiting];
    this.waiting.clear();
    for (const draw of drawings) draw();
    this.after();
  }
}
