/** The open requests at the end of the thread. */

import type { Permission, Question } from "../protocol";
import { fill, h } from "./dom";
import type { Host } from "./host";
import { PermissionCard } from "./permissionCard";
import { QuestionCard } from "./questionCard";

export class Cards {
  readonly element = h("div", { class: "cards" });
  private permissions = new Map<string, PermissionCard>();
  private questions = new Map<string, QuestionCard>();

  constructor(private readonly host: Host) {}

  showPermissions(permissions: readonly Permission[]): void {
    const before = this.permissions;
    this.permissions = new Map(permissions.map((each) => [each.permissionId, before.get(each.permissionId) ?? new PermissionCard(this.host, each)]));
    this.draw();
    // a card that slid under the pointer must not be hit by a click that was meant for the one before
    this.arm();
  }

  /** Let no card take an answer for a moment. */
  arm(): void {
    for (const card of this.permissions.values()) card.arm();
  }

  showQuestions(questions: readonly Question[]): void {
    const before = this.questions;
    this.questions = new Map(questions.map((each) => [each.questionId, before.get(each.questionId) ?? new QuestionCard(this.host, each)]));
    this.draw();
  }

  failed(permissionId: string, error: string): void {
    this.permissions.get(permissionId)?.failed(error);
  }

  reveal(permissionId: string): void {
    const card = this.permissions.get(permissionId);
    card?.element.scrollIntoView({ block: "nearest" });
    card?.arm();
    card?.element.focus();
  }

  private draw(): void {
    fill(this.element, ...[...this.permissions.values(), ...this.questions.values()].map((card) => card.element));
  }
}
