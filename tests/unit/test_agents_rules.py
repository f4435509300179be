"""The pure rules of the loop: what runs together, what is a loop, when to ask again."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from dispatch_ls.agents.guards import DoomLoop
from dispatch_ls.agents.retry import ATTEMPTS, LONGEST_WAIT, Retry
from dispatch_ls.agents.streaming import utf16_length
from dispatch_ls.agents.waves import independent, waves
from dispatch_ls.protocol.errors import ErrorClass, ProviderError
from dispatch_ls.protocol.items import ToolKind


@dataclass(frozen=True)
class Call:
    kind: ToolKind
    paths: frozenset[str] = frozenset()


READ = Call(ToolKind.READ, frozenset({"a"}))
SHELL = Call(ToolKind.EXECUTE)
EDIT_A = Call(ToolKind.EDIT, frozenset({"a"}))
EDIT_B = Call(ToolKind.EDIT, frozenset({"b"}))
calls = st.lists(st.sampled_from([READ, SHELL, EDIT_A, EDIT_B]), max_size=12)


def test_reads_run_together_and_so_do_edits_of_different_files() -> None:
    assert waves([READ, READ, EDIT_A, EDIT_B, SHELL]) == [[READ, READ], [EDIT_A, EDIT_B], [SHELL]]


def test_two_edits_of_one_file_keep_their_order() -> None:
    assert waves([EDIT_A, EDIT_A]) == [[EDIT_A], [EDIT_A]]


@given(calls)
def test_waves_keep_every_call_in_order_and_only_independent_ones_meet(planned: list[Call]) -> None:
    result = waves(planned)
    assert [call for wave in result for call in wave] == planned
    assert all(independent(one, other) for wave in result for i, one in enumerate(wave) for other in wave[i + 1 :])


def test_the_same_call_with_the_same_result_three_times_is_a_loop() -> None:
    guard = DoomLoop()
    assert [guard.repeats("read_file", "{}", "same") for _ in range(3)] == [False, False, True]


def test_a_different_result_is_progress() -> None:
    guard = DoomLoop()
    assert not any(guard.repeats("run_shell", "{}", str(number)) for number in range(20))


def test_two_calls_in_turn_are_a_loop_too() -> None:
    guard = DoomLoop()
    assert any(guard.repeats(("a", "b")[number % 2], "{}", "same") for number in range(10))


def error(error_class: ErrorClass = ErrorClass.SERVER, retry_after: float | None = None) -> ProviderError:
    return ProviderError(error_class, "text", retry_after=retry_after, retryable=True)


def test_no_second_attempt_once_something_was_said() -> None:
    assert Retry().pause(error(), started=True) is None


def test_what_makes_no_sense_is_not_tried_again() -> None:
    assert Retry().pause(ProviderError(ErrorClass.AUTH, "no"), started=False) is None


def test_the_providers_own_pause_is_kept_to_the_second() -> None:
    assert Retry().pause(error(ErrorClass.RATE_LIMIT, 75.0), started=False) == 75.0


def test_an_absurd_pause_is_not_waited_for() -> None:
    assert Retry().pause(error(ErrorClass.RATE_LIMIT, LONGEST_WAIT * 24), started=False) is None


@given(st.sampled_from([ErrorClass.SERVER, ErrorClass.RATE_LIMIT, ErrorClass.NETWORK]))
def test_attempts_end_and_pauses_grow(error_class: ErrorClass) -> None:
    retry = Retry()
    pauses = [retry.pause(error(error_class), started=False) for _ in range(ATTEMPTS)]
    waited = [pause for pause in pauses if pause is not None]
    assert pauses[-1] is None
    assert len(waited) == ATTEMPTS - 1
    assert waited == sorted(waited)


@given(st.text())
def test_offsets_count_what_editors_count(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
