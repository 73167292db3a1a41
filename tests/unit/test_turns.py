"""Slots: never more at once than there are, and the one due first goes first."""

from __future__ import annotations

import threading
import time

from ui.serving.turns import Slot, Turns

DEADLINE_S = 5.0


def start(turns: Turns, due: float, name: str, order: list[str]) -> threading.Thread:
    """Ask for a turn in a thread, and return once it waits for it."""

    def work() -> None:
        with turns.turn(due):
            order.append(name)

    thread = threading.Thread(target=work)
    waiting = turns.waiting
    thread.start()
    ends = time.monotonic() + DEADLINE_S
    while turns.waiting == waiting:
        assert time.monotonic() < ends
        time.sleep(0.001)
    return thread


def test_a_slot_goes_to_the_one_that_is_due_first_and_among_equals_to_the_first_come() -> None:
    turns, order = Turns(1), list[str]()
    with turns.turn(0.0):
        threads = [start(turns, due, name, order) for due, name in ((3, "c"), (1, "a"), (1, "b"))]
        assert order == []
    for thread in threads:
        thread.join(DEADLINE_S)
    assert order == ["a", "b", "c"]


def test_one_that_waits_elsewhere_lets_others_work_and_goes_on_after_those_due_before() -> None:
    turns, order = Turns(1), list[str]()
    with turns.turn(5.0) as slot:
        sooner = start(turns, 1.0, "sooner", order)
        later = start(turns, 9.0, "later", order)
        slot.give()
        sooner.join(DEADLINE_S)
        slot.take()
        order.append("this one")
        assert turns.held == 1
    later.join(DEADLINE_S)
    assert order[0] == "sooner"
    assert set(order[1:]) == {"this one", "later"}
    assert (turns.held, turns.waiting) == (0, 0)


def test_one_that_goes_on_gives_way_to_those_due_before_and_to_nobody_else() -> None:
    turns, order = Turns(1), list[str]()
    with turns.turn(5.0) as slot:
        sooner = start(turns, 1.0, "sooner", order)
        later = start(turns, 9.0, "later", order)
        slot.take()
        order.append("this one")
        slot.take()
        order.append("again")
    for thread in (sooner, later):
        thread.join(DEADLINE_S)
    assert order == ["sooner", "this one", "again", "later"]


def test_never_more_work_at_once_than_there_are_slots_and_none_is_lost() -> None:
    turns, lock, at_work, most, done = Turns(3), threading.Lock(), [0], [0], [0]

    def work(due: float) -> None:
        for step in range(5):
            with turns.turn(due + step) as slot:
                with lock:
                    at_work[0] += 1
                    most[0] = max(most[0], at_work[0])
                time.sleep(0.0005)
                with lock:
                    at_work[0] -= 1
                slot.give()
                time.sleep(0.0005)
                with lock:
                    done[0] += 1
                slot.take()

    threads = [threading.Thread(target=work, args=(float(at),)) for at in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert done == [100]
    assert most == [3]
    assert turns.waiting == 0


def test_a_failure_gives_its_slot_back() -> None:
    turns = Turns(1)
    for _ in range(2):
        try:
            with turns.turn(0.0):
                raise LookupError
        except LookupError:
            pass
    with turns.turn(0.0):
        assert turns.waiting == 0


def test_one_that_waits_is_told_how_many_go_first_and_keeps_its_place() -> None:
    turns = Turns(1)
    holder, first, second = (Slot(turns, due) for due in (0.0, 1.0, 2.0))
    assert holder.take()
    assert not second.take(0.0)
    assert not first.take(0.0)
    assert (first.ahead, second.ahead) == (0, 1)
    holder.give()
    assert first.take(DEADLINE_S)
    assert not second.take(0.0)
    first.give()
    assert second.take(DEADLINE_S)
    second.give()
    assert (turns.held, turns.waiting) == (0, 0)


def test_one_that_leaves_the_line_holds_up_nobody() -> None:
    turns = Turns(1)
    holder, first, second = (Slot(turns, due) for due in (0.0, 1.0, 2.0))
    holder.take()
    assert not first.take(0.0)
    assert not second.take(0.0)
    first.give()
    assert second.ahead == 0
    holder.give()  # handed over to the second, which leaves before it looks
    second.give()
    assert (turns.held, turns.waiting) == (0, 0)
    assert first.take(0.0)
