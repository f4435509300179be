/** A conversation as it looks in the middle of real work. */

import type { Permission, Problem } from "../../src/protocol";
import type { Header, Row } from "../../src/rows";
import { message } from "./page";

const FILE = "file:///home/me/shop/shop/orders.py";

const PROBLEM: Problem = {
  uri: FILE, line: 14, column: 12, severity: "error", source: "basedpyright", code: "reportReturnType",
  message: 'Type "str" is not assignable to return type "Decimal"',
};

const PATCH = `diff --git a/shop/orders.py b/shop/orders.py
--- a/shop/orders.py
+++ b/shop/orders.py
@@ -10,7 +10,8 @@ class Order:
 
     def total(self) -> Decimal:
         """The sum of all lines."""
-        total = "0"
+        total = Decimal(0)
         for line in self.lines:
-            total += line.price * line.count
+            price = line.price * line.count
+            total += price
         return total
`;

export const HEADER: Header = { title: "Fix the total of an order", agent: "build", model: "claude-sonnet-4-5", key: "anthropic-main", cost: 0.0421, tokens: 18_240, state: "running" };

export const ROWS: Row[] = [
  {
    ...message("u1", "user", "Fix this problem. Change nothing else."),
    attachments: [{ type: "diagnostic", problem: PROBLEM }, { type: "text", text: "Fix this problem. Change nothing else." }],
  } as Row,
  { kind: "thought", rowId: "t1", live: false, text: "The accumulator starts as a string.\n\nI should look at the **whole** method first." },
  { kind: "tool_call", rowId: "c1", live: false, tool: "read_file", toolKind: "read", title: "Read shop/orders.py", input: { path: "shop/orders.py" }, status: "completed", output: "1\tfrom decimal import Decimal\n", locations: [{ uri: FILE }] },
  message("a1", "assistant", "`total` starts as the string `\"0\"`, so the sum can't be a `Decimal`. I start it at `Decimal(0)` instead."),
  {
    kind: "tool_call", rowId: "c2", live: false, tool: "edit_file", toolKind: "edit", title: "Edit shop/orders.py", input: { path: "shop/orders.py" }, status: "completed",
    output: "", diff: PATCH, locations: [{ uri: FILE, line: 13 }], diagnostics: { new: [], fixed: [PROBLEM], unchanged: 1, status: "basedpyright fresh, ruff fresh" },
  },
  {
    kind: "tool_call", rowId: "c3", live: false, tool: "run_shell", toolKind: "execute", title: "python -m pytest -q", input: { command: "python -m pytest -q" }, status: "completed",
    output: "\u001b[32m......\u001b[0m                                     [100%]\n6 passed in 0.04s\n", exitCode: 0, locations: [],
  },
  message("a2", "assistant", "The type error is gone and all **6 tests** pass.\n\n- `Order.total` starts at `Decimal(0)`\n- nothing else changed\n\n```python\ntotal = Decimal(0)\nfor line in self.lines:\n    total += line.price * line.count\n```\n\nThe one problem that is left was there before: [orders.py](shop/orders.py#L31)."),
];

export const PERMISSION: Permission = {
  permissionId: "p1", sessionId: "s1", itemId: "c3", operation: "execute", target: "python -m pytest -q tests && rm -r build\u202e/tmp", title: "Run a command", reason: "Runs in the workspace with your rights.",
  options: [
    { decision: "allow", scope: "once", label: "Allow once" },
    { decision: "allow", scope: "session", label: "Allow for this conversation" },
    { decision: "allow", scope: "always", label: "Always allow `python *`", preview: '[permissions.shell] "python *" = "allow"' },
    { decision: "deny", scope: "once", label: "Deny" },
  ],
};
