/** What the chat says of a turn that did not simply end. */

import type { TurnEnded } from "../protocol";
import type { Row } from "../rows";
import { noticeRow } from "./rows";

const SENTENCES: { [reason: string]: string } = {
  cancelled: "Stopped.",
  max_steps: "The agent reached its limit of steps. Send a message to let it go on.",
  refused: "The model declined to answer.",
  budget: "The budget for this turn is used up.",
};

/** The row for the end of a turn; none where it ended well. */
export function stopNotice(rowId: string, ended: TurnEnded): Row | undefined {
  if (ended.stopReason === "end_turn") return undefined;
  if (ended.stopReason === "error") return noticeRow(rowId, "error", ended.error ?? "The turn ended with an error.", true);
  const text = ended.error ?? SENTENCES[ended.stopReason] ?? `The turn ended: ${ended.stopReason}.`;
  return noticeRow(rowId, ended.stopReason === "cancelled" ? "info" : "warning", text);
}
