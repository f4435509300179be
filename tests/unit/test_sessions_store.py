"""The log through its front door: what is acknowledged is stored, numbered and told in order."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch_ls.protocol.base import JsonObject
from dispatch_ls.protocol.errors import Internal, Invalid, NotFound
from dispatch_ls.protocol.events import Draft, EventType
from dispatch_ls.protocol.methods import ListSessions, PermissionLogQuery, ReadBlob
from dispatch_ls.protocol.sessions import WORKSPACE, Session, State, WaitingOn
from dispatch_ls.sessions.snapshot import fold_session
from dispatch_ls.sessions.store import Store
from support.sessions import Told, decided, header, opened, permission, requested, said, state, updated


async def test_what_was_appended_is_there_after_reopening(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        created = await store.create(header(title="Fix it"))
        logged = await store.append("ses_1", [said("user", "hello", messageId="msg_1"), updated("itm_2", text="Hi")])
        assert [event.seq for event in logged] == [2, 3]
    async with opened(tmp_path) as store:
        assert await store.events("ses_1", after=1) == logged
        assert [event.seq for event in await store.events("ses_1", limit=2)] == [1, 2]
        session = await store.session("ses_1")
        assert (session.title, session.message_count, session.created_at) == ("Fix it", 1, created.created_at)
        again = await store.append("ses_1", [said("assistant", "Hi")])
        assert again[0].seq == 4
        assert store.notices == []


async def test_listeners_hear_before_the_future_resolves_and_in_order_of_the_calls(tmp_path: Path) -> None:
    order: list[str] = []

    def note(number: int) -> Callable[[object], None]:
        return lambda _: order.append(f"done itm_{number}")

    async with opened(tmp_path, lambda session_id, events: order.append(f"told {events[0].item_id}")) as store:
        await store.create(header())
        order.clear()
        futures = [store.append("ses_1", [updated(f"itm_{n}")]) for n in range(50)]
        for n, future in enumerate(futures):
            future.add_done_callback(note(n))
        await store.flush()
        await asyncio.gather(*futures)
    assert [entry for entry in order if entry.startswith("told")] == [f"told itm_{n}" for n in range(50)]
    assert all(order.index(f"told itm_{n}") < order.index(f"done itm_{n}") for n in range(50))


@settings(max_examples=20, deadline=None)
@given(calls=st.lists(st.tuples(st.sampled_from(["ses_a", "ses_b", WORKSPACE]), st.integers(0, 4)), max_size=60))
def test_any_interleaving_numbers_each_session_without_gaps(
    calls: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def run() -> None:
        told = Told()
        async with opened(tmp_path_factory.mktemp("log"), told) as store:
            await asyncio.gather(store.create(header("ses_a")), store.create(header("ses_b")))
            wanted: dict[str, list[str | None]] = {"ses_a": [None], "ses_b": [None], WORKSPACE: []}
            for number, (session_id, size) in enumerate(calls):
                drafts = [updated(f"{number}.{part}") for part in range(size)]
                wanted[session_id] += [draft.item_id for draft in drafts]
                store.append(session_id, drafts)
            await store.flush()
            for session_id, items in wanted.items():
                stored = await store.events(session_id)
                assert [event.item_id for event in stored] == items
                assert [event.seq for event in stored] == list(range(1, len(items) + 1)) == told.seqs(session_id)

    asyncio.run(run())


async def test_the_header_is_a_projection_of_the_events(tmp_path: Path) -> None:
    usage: JsonObject = {"input": 100, "output": 7, "requests": 1}
    async with opened(tmp_path) as store:
        await store.create(header())
        await store.append(
            "ses_1",
            [
                said("user", "hello"),
                state("waiting", "permission"),
                Draft(type=EventType.SESSION_UPDATED, data={"title": "Greeting", "sessionId": "other", "rootId": "x"}),
                Draft(type=EventType.USAGE_RECORDED, data={"model": "m", "usage": usage}),
                Draft(type=EventType.USAGE_RECORDED, data={"model": "m", "usage": usage, "cost": 0.25}),
                Draft(type=EventType.MODEL_CHANGED, data={"model": "claude", "key": "main"}),
                said("assistant", "hi", "itm_2"),
            ],
        )
        waiting = await store.session("ses_1")
        assert (waiting.session_id, waiting.root_id, waiting.title) == ("ses_1", "ses_1", "Greeting")
        assert (waiting.state, waiting.on) == (State.WAITING, WaitingOn.PERMISSION)
        assert (waiting.usage.input, waiting.usage.requests, waiting.cost) == (200, 2, 0.25)
        assert (waiting.model, waiting.key, waiting.message_count) == ("claude", "main", 2)
        await store.append("ses_1", [state("running")])
        running = await store.session("ses_1")
        assert (running.state, running.on) == (State.RUNNING, None)
        assert running == fold_session(await store.events("ses_1"))


async def test_a_message_id_is_known_from_the_moment_it_is_stored_and_after_reopening(tmp_path: Path) -> None:
    queue: JsonObject = {"queue": [{"messageId": "msg_2", "content": [], "delivery": "steer"}]}
    async with opened(tmp_path) as store:
        await store.create(header())
        await store.append("ses_1", [said("user", "hello", messageId="msg_1")])
        await store.append("ses_1", [Draft(type=EventType.QUEUE_CHANGED, data=queue)])
        await store.append("ses_1", [Draft(type=EventType.QUEUE_CHANGED, data={"queue": []})])
    async with opened(tmp_path) as store:
        assert await store.message_known("ses_1", "msg_1")
        assert await store.message_known("ses_1", "msg_2")
        assert not await store.message_known("ses_1", "msg_3")
        assert not await store.message_known("ses_2", "msg_1")


async def test_work_that_makes_no_sense_fails_alone(tmp_path: Path) -> None:
    told = Told()
    async with opened(tmp_path, told) as store:
        await store.create(header())
        good = store.append("ses_1", [updated("itm_1")])
        unknown = store.append("ses_2", [updated("itm_1")])
        twice = store.append("ses_1", [Draft(type=EventType.SESSION_CREATED, data=header().wire())])
        misshapen = store.append("ses_1", [updated("itm_2"), state("dancing")])
        other = store.append("ses_3", [Draft(type=EventType.SESSION_CREATED, data=header("ses_4").wire())])
        last = store.append("ses_1", [updated("itm_3")])
        with pytest.raises(NotFound, match="ses_2"):
            await unknown
        for refused in (twice, misshapen, other):
            with pytest.raises(Invalid):
                await refused
        assert [(await good)[0].seq, (await last)[0].seq] == [2, 3]
        assert told.seqs("ses_1") == [1, 2, 3]
        assert store.trouble is None
        with pytest.raises(NotFound):
            await store.events("ses_2")
        with pytest.raises(NotFound):
            await store.session(WORKSPACE)


async def test_a_caller_that_is_cancelled_loses_nothing(tmp_path: Path) -> None:
    told = Told()
    async with opened(tmp_path, told) as store:
        await store.create(header())
        store.append("ses_1", [updated("itm_1")]).cancel()
        await store.flush()
        assert told.seqs("ses_1") == [1, 2]
        assert len(await store.events("ses_1")) == 2


async def test_a_listener_that_fails_keeps_nobody_from_the_news(tmp_path: Path) -> None:
    def fail(session_id: str, events: object) -> None:
        raise ValueError(session_id)

    async with opened(tmp_path, fail) as store:
        assert (await store.create(header())).session_id == "ses_1"
        assert len(await store.append("ses_1", [updated("itm_1")])) == 1


async def test_text_that_is_no_unicode_does_not_stop_the_log(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.create(header())
        logged = await store.append("ses_1", [said("user", "half \ud83d and whole \U0001f600"), updated("itm_2", n=1)])
        assert logged[0].data["text"] == "half ? and whole \U0001f600"
        assert await store.events("ses_1", after=1) == logged


async def test_a_clock_that_jumps_back_changes_no_order(tmp_path: Path) -> None:
    times = iter([datetime(2026, 1, 2, tzinfo=UTC) - timedelta(hours=n) for n in range(20)])
    async with opened(tmp_path, clock=lambda: next(times)) as store:
        await store.create(header(created_at=datetime(2026, 1, 1, tzinfo=UTC)))
        for number in range(5):
            await store.append("ses_1", [updated(f"itm_{number}")])
        stored = await store.events("ses_1")
        assert [event.seq for event in stored] == [1, 2, 3, 4, 5, 6]
        assert stored[-1].time < stored[1].time
        assert (await store.session("ses_1")).updated_at == max(event.time for event in stored)


async def test_after_closing_nothing_is_taken(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, on_commit=Told())
    await store.create(header())
    last = store.append("ses_1", [updated("itm_1")])
    await store.close()
    await store.close()
    assert (await last)[0].seq == 2
    with pytest.raises(Internal, match="closed"):
        store.append("ses_1", [updated("itm_2")])


async def _some_sessions(store: Store) -> list[Session]:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    titles = ["Straße säubern", "100% coverage", "a_b", "Other"]
    created = [
        await store.create(header(f"ses_{n}", title=title, directory=f"/code/p{n % 2}", created_at=start))
        for n, title in enumerate(titles)
    ]
    await store.append("ses_0", [said("user", "please look at the PARSER")])
    return created


async def test_sessions_are_listed_newest_first_page_by_page(tmp_path: Path) -> None:
    times = (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=n) for n in range(100))
    async with opened(tmp_path, clock=lambda: next(times)) as store:
        await _some_sessions(store)
        first = await store.list(ListSessions(limit=3))
        second = await store.list(ListSessions(limit=3, cursor=first.next_cursor))
        assert [each.session_id for each in first.sessions + second.sessions] == ["ses_0", "ses_3", "ses_2", "ses_1"]
        assert second.next_cursor is None
        updated_at = {each.session_id: each.updated_at for each in first.sessions}
        recent = await store.list(ListSessions(since=updated_at["ses_3"]))
        assert [each.session_id for each in recent.sessions] == ["ses_0", "ses_3"]
        none = await store.list(ListSessions(until=datetime(2026, 2, 1, tzinfo=UTC)))
        assert none.sessions == []
        with pytest.raises(Invalid, match="cursor"):
            await store.list(ListSessions(cursor="nonsense"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("strasse", ["ses_0"]),
        ("SÄUBERN parser", ["ses_0"]),
        ("parser coverage", []),
        ("%", ["ses_1"]),
        ("_", ["ses_2"]),
        ("' OR 1=1 --", []),
    ],
)
async def test_every_word_must_be_in_the_title_or_a_message(tmp_path: Path, query: str, found: list[str]) -> None:
    async with opened(tmp_path) as store:
        await _some_sessions(store)
        assert [each.session_id for each in (await store.list(ListSessions(query=query))).sessions] == found


async def test_sessions_of_a_directory_and_what_lies_below(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await _some_sessions(store)
        for project, count in (("/code/p1", 2), ("/code/", 4), ("/code/p", 0)):
            assert len((await store.list(ListSessions(project=project))).sessions) == count


async def test_a_tree_lists_parents_before_their_children(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        root = await store.create(header("ses_z"))
        child = await store.create(header("ses_y", parent=root))
        await store.create(header("ses_x", parent=child))
        await store.create(header("ses_other"))
        assert [each.session_id for each in await store.tree("ses_z")] == ["ses_z", "ses_y", "ses_x"]
        assert len(await store.tree()) == 4
        with pytest.raises(NotFound):
            await store.tree("ses_y")


async def test_a_snapshot_holds_what_stands_and_only_the_events_the_client_lacks(tmp_path: Path) -> None:
    queue: JsonObject = {"queue": [{"messageId": "m", "content": [{"type": "text", "text": "x"}], "delivery": "queue"}]}
    question: JsonObject = {"questionId": "q", "sessionId": "ses_1", "itemId": "i", "text": "Which?"}
    one, two = permission("itm_1", "per_1"), permission("itm_2", "per_2")
    async with opened(tmp_path) as store:
        await store.create(header())
        await store.append(
            "ses_1",
            [
                Draft(type=EventType.QUEUE_CHANGED, data=queue),
                Draft(type=EventType.TODO_CHANGED, data={"todos": [{"text": "write", "status": "in_progress"}]}),
                requested(one),
                requested(two),
                Draft(type=EventType.QUESTION_ASKED, data=question),
                decided(one, "allow"),
            ],
        )
        whole = await store.snapshot("ses_1")
        later = await store.snapshot("ses_1", after=6)
        assert [event.seq for event in later.events] == [7]
        assert later.model_copy(update={"events": whole.events}) == whole
        assert (whole.seq, len(whole.events), whole.in_flight) == (7, 7, [])
        assert [each.message_id for each in whole.queue] == ["m"]
        assert [each.text for each in whole.todos] == ["write"]
        assert whole.permissions == [two]
        assert [each.question_id for each in whole.questions] == ["q"]


async def test_the_permission_log_is_newest_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.create(header("ses_1"))
        await store.create(header("ses_2"))
        await store.append("ses_1", [decided(permission("itm_1", "per_1"), "allow")])
        await store.append("ses_2", [decided(permission("itm_1", "per_2"), "deny", rule="no rm")])
        both = (await store.permission_log(PermissionLogQuery())).entries
        assert [(each.permission_id, each.decision, each.rule) for each in both] == [
            ("per_2", "deny", "no rm"),
            ("per_1", "allow", None),
        ]
        assert both[0].time == (await store.events("ses_2"))[-1].time
        assert len((await store.permission_log(PermissionLogQuery(limit=1))).entries) == 1
        only = (await store.permission_log(PermissionLogQuery(session_id="ses_1"))).entries
        assert [each.permission_id for each in only] == ["per_1"]


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=200), length=st.integers(1, 50))
def test_a_long_value_comes_back_whole_in_pieces_cut_between_characters(
    text: str, length: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def run() -> None:
        async with opened(tmp_path_factory.mktemp("log")) as store:
            await store.create(header())
            blob = await store.put_blob("ses_1", text.encode())
            assert blob.size == len(text.encode())
            pieces, offset = "", 0
            while offset < blob.size:
                part = await store.read_blob(ReadBlob(blob_id=blob.blob_id, offset=offset, length=length))
                assert part.size == blob.size
                assert part.next_offset > offset
                pieces, offset = pieces + part.text, part.next_offset
            assert pieces == text

    asyncio.run(run())


async def test_blobs_of_nobody_and_unknown_blobs(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        with pytest.raises(NotFound):
            await store.put_blob("ses_9", b"x")
        with pytest.raises(NotFound):
            await store.read_blob(ReadBlob(blob_id="blob_9"))
        kept = await store.put_blob(WORKSPACE, b"\xff\xfe binary")
        beyond = await store.read_blob(ReadBlob(blob_id=kept.blob_id, offset=1000))
        assert (beyond.text, beyond.offset, beyond.next_offset) == ("", 9, 9)
