/** The rows of the conversation, drawn once a frame; follows the end as long as the user looks at it. */

import type { GrowingField, Row } from "../rows";
import type { Permission, Question } from "../protocol";
import { Cards } from "./cards";
import { h } from "./dom";
import { Frames } from "./frames";
import type { Host } from "./host";
import { icon } from "./icons";
import { viewFor, type RowView } from "./rows/row";

interface Shown {
  row: Row;
  view: RowView | undefined;
  draw: () => void;
}

/** Pixels from the end within which the user is taken to follow it. */
const NEAR = 48;

export class Thread {
  readonly element: HTMLElement;
  readonly cards: Cards;
  private readonly list = h("div", { class: "rows", role: "log", "aria-label": "Conversation" });
  private readonly jump: HTMLButtonElement;
  private readonly frames = new Frames(() => this.settle());
  private shown = new Map<string, Shown>();
  private following = true;
  private showThinking = true;

  constructor(
    private readonly host: Host,
    private readonly empty: HTMLElement,
  ) {
    this.cards = new Cards(host);
    this.jump = h("button", { class: "jump", type: "button", title: "To the latest", "aria-label": "To the latest", onclick: () => this.toEnd() }, icon("down"));
    this.element = h("main", { class: "thread" }, empty, this.list, this.cards.element, this.jump);
    this.element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.settle()).observe(this.element);
  }

  /** Show these rows and no others. */
  reset(rows: readonly Row[], showThinking: boolean): void {
    this.showThinking = showThinking;
    this.shown.clear();
    this.list.replaceChildren();
    for (const row of rows) this.put(row);
    this.empty.hidden = rows.length > 0;
    this.toEnd();
  }

  /** Draw a row again, or a new one at the end: the log only ever adds. */
  put(row: Row): void {
    const old = this.shown.get(row.rowId);
    if (old?.row.kind === row.kind) {
      old.row = row;
      this.frames.draw(old.draw);
    } else this.add(row);
    this.empty.hidden = true;
  }

  /** False where the row is not known: the page has lost something. */
  append(rowId: string, field: GrowingField, text: string): boolean {
    const shown = this.shown.get(rowId);
    if (shown === undefined) return false;
    const before = (shown.row as unknown as { [name: string]: unknown })[field];
    shown.row = { ...shown.row, [field]: `${typeof before === "string" ? before : ""}${text}` } as Row;
    this.frames.draw(shown.draw);
    return true;
  }

  showPermissions(permissions: readonly Permission[]): void {
    this.cards.showPermissions(permissions);
    this.settle();
  }

  showQuestions(questions: readonly Question[]): void {
    this.cards.showQuestions(questions);
    this.settle();
  }

  toEnd(): void {
    this.following = true;
    this.settle();
  }

  private add(row: Row): void {
    const view = viewFor(row, this.host, this.showThinking);
    const shown: Shown = { row, view, draw: () => view?.show(shown.row) };
    this.shown.set(row.rowId, shown);
    if (view === undefined) return;
    view.element.dataset["row"] = row.rowId;
    this.list.append(view.element);
    shown.draw();
    this.settleSoon();
  }

  private settleSoon(): void {
    this.frames.draw(this.nothing);
  }

  private readonly nothing = (): void => undefined;

  private scrolled(): void {
    this.following = this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight < NEAR;
    this.jump.classList.toggle("shown", !this.following);
  }

  private settle(): void {
    if (this.following) this.element.scrollTop = this.element.scrollHeight;
    this.jump.classList.toggle("shown", !this.following);
  }
}
