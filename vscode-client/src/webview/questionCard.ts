/** Something an agent asks: choices as buttons, or a line to write. */

import type { Question } from "../protocol";
import { h } from "./dom";
import type { Host } from "./host";
import { icon } from "./icons";

export class QuestionCard {
  readonly element: HTMLElement;

  constructor(
    private readonly host: Host,
    private readonly question: Question,
  ) {
    const choices = question.choices ?? [];
    this.element = h(
      "section",
      { class: "card question", role: "group", "aria-label": "Question" },
      h("div", { class: "card-title" }, icon("question"), h("span", {}, question.text)),
      choices.length > 0 && h("div", { class: "card-buttons" }, ...choices.map((choice) => h("button", { class: "button secondary", type: "button", onclick: () => this.answer(choice) }, choice))),
      this.line(),
    );
  }

  private line(): HTMLInputElement {
    const input = h("input", {
      class: "why", type: "text", placeholder: "Your answer", "aria-label": "Your answer",
      onkeydown: (event) => {
        if (event.key === "Enter" && !event.isComposing && input.value.trim() !== "") this.answer(input.value.trim());
      },
    });
    return input;
  }

  private answer(answer: string): void {
    this.host.send({ type: "answer", questionId: this.question.questionId, answer });
  }
}
