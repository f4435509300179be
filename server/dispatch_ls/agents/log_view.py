"""The conversation that a model is sent, as a view of the log: whole items in the order in which they began."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.events import Event, EventType


@dataclass
class Entry:
    """One completed item of the log."""

    turn_id: str | None
    data: JsonObject = field(default_factory=dict)
    completed: bool = False

    @property
    def kind(self) -> str:
        """What kind of item it is."""
        return str(self.data.get("kind", ""))

    @property
    def step(self) -> int:
        """The step of its turn."""
        step = self.data.get("step", 0)
        return step if isinstance(step, int) else 0


class LogView:
    """The items of one session, kept up to date event by event."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._entries: dict[str, Entry] = {}
        for event in events:
            self.apply(event)

    def apply(self, event: Event) -> None:
        """Take the next event in."""
        if event.item_id is None or event.type not in (EventType.ITEM_UPDATED, EventType.ITEM_COMPLETED):
            return
        # an item stands where it began: results of calls that ran together keep the order of the calls (LOOP-1)
        entry = self._entries.setdefault(event.item_id, Entry(event.turn_id))
        if event.type == EventType.ITEM_COMPLETED:
            entry.data, entry.completed = event.data, True
        elif not entry.completed:
            entry.data = {**entry.data, **{name: value for name, value in event.data.items() if name != "append"}}

    def entries(self) -> list[Entry]:
        """All completed items, in order."""
        return [entry for entry in self._entries.values() if entry.completed]

    def unfinished_calls(self, turn_id: str) -> dict[str, Entry]:
        """Tool calls of a turn that were asked for and have no result yet, by item id."""
        return {
            item_id: entry
            for item_id, entry in self._entries.items()
            if entry.turn_id == turn_id and entry.kind == "tool_call" and not entry.completed
        }
