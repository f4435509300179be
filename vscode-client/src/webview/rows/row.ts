/** What draws one row; `show` may be called any number of times. */

import type { Row } from "../../rows";
import type { Host } from "../host";
import { CompactionView, NoticeView } from "./notice";
import { MessageView } from "./message";
import { ThoughtView } from "./thought";
import { ToolView } from "./tool";

export interface RowView<R extends Row = Row> {
  readonly element: HTMLElement;
  show(row: R): void;
}

/** A view for rows of this kind; undefined for a kind that this version does not know. */
export function viewFor(row: Row, host: Host, showThinking: boolean): RowView | undefined {
  switch (row.kind) {
    case "message":
      return new MessageView(host, row.role) as RowView;
    case "thought":
      return showThinking ? (new ThoughtView(host) as RowView) : undefined;
    case "tool_call":
      return new ToolView(host) as RowView;
    case "notice":
      return new NoticeView(host) as RowView;
    case "compaction":
      return new CompactionView(host) as RowView;
    default:
      return undefined;
  }
}
