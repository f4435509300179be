/** Snapshots, events and deltas as a server sends them. */

import type { Delta, Event, EventData, EventType, Session, Snapshot } from "../../src/protocol";

const TIME = "2026-01-02T03:04:05Z";

export function session(changed: Partial<Session> = {}): Session {
  return {
    sessionId: "s1", rootId: "s1", depth: 0, detached: false, agent: "build", model: "sonnet", title: "Fix the total", state: "idle",
    directory: "/home/me/shop", createdAt: TIME, updatedAt: TIME, messageCount: 0,
    usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, requests: 0 }, ...changed,
  };
}

export function snapshot(events: Event[] = [], changed: Partial<Snapshot> = {}): Snapshot {
  return { session: session(), seq: events.at(-1)?.seq ?? 0, events, inFlight: [], queue: [], todos: [], permissions: [], questions: [], ...changed };
}

/** Numbers events from `after` on. */
export class Log {
  constructor(public seq = 0) {}

  event<T extends EventType>(type: T, data: EventData[T], itemId?: string): Event {
    this.seq += 1;
    return { type, seq: this.seq, time: TIME, data: data as unknown as Event["data"], ...(itemId ? { itemId } : {}) };
  }
}

export function delta(itemId: string, field: Delta["field"], offset: number, text: string): Delta {
  return { sessionId: "s1", itemId, field, offset, text };
}
