"""The threads of one plugin, without an event loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from livechat_sdk.hooks.threads import Finished, Job, PluginThreads, ThreadsStuck


class Box:
    """Takes what a job delivers."""

    def __init__(self) -> None:
        self.finished: Finished | None = None
        self.arrived = threading.Event()

    def deliver(self, finished: Finished) -> None:
        self.finished = finished
        self.arrived.set()

    def wait(self) -> Finished:
        assert self.arrived.wait(5), "the job did not end"
        assert self.finished is not None
        return self.finished


def _submit(
    threads: PluginThreads, call: Callable[[], object], *, seconds: float = 60, label: str = "livechat_route"
) -> tuple[Job, Box]:
    box = Box()
    job = Job(call, box.deliver, time.monotonic() + seconds, label)
    threads.submit(job)
    return job, box


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.001)


def test_value_and_error_are_delivered() -> None:
    threads = PluginThreads("acme", 2)
    assert _submit(threads, lambda: 42)[1].wait() == Finished(42)
    error = KeyboardInterrupt("a plugin may raise anything")

    def fail() -> None:
        raise error

    assert _submit(threads, fail)[1].wait().error is error
    assert _submit(threads, lambda: "still alive")[1].wait().value == "still alive"
    threads.close()


def test_threads_start_when_needed_and_are_used_again() -> None:
    threads = PluginThreads("acme", 4)
    assert threads.alive == 0
    for _ in range(10):
        _submit(threads, lambda: None)[1].wait()
        _until(lambda: threads._idle == threads.alive)
    assert threads.alive == 1
    threads.close()


def test_idle_threads_end() -> None:
    threads = PluginThreads("acme", 4, idle_seconds=0.005)
    _submit(threads, lambda: None)[1].wait()
    _until(lambda: threads.alive == 0)
    assert _submit(threads, lambda: "again")[1].wait().value == "again"
    threads.close()


def test_closing_ends_threads_when_everything_is_done() -> None:
    threads, release = PluginThreads("acme", 1), threading.Event()
    _, running = _submit(threads, lambda: release.wait(30))
    _, waiting = _submit(threads, lambda: "it was my turn")
    threads.close()
    release.set()
    assert running.wait().value is True
    assert waiting.wait().value == "it was my turn"
    _until(lambda: threads.alive == 0)
    assert _submit(threads, lambda: "afterwards")[1].wait().value == "afterwards"
    _until(lambda: threads.alive == 0)


def test_forgotten_job_is_not_started() -> None:
    threads, release, ran = PluginThreads("acme", 1), threading.Event(), list[str]()
    _, running = _submit(threads, lambda: release.wait(30))
    forgotten, _ = _submit(threads, lambda: ran.append("forgotten"))
    _, last = _submit(threads, lambda: ran.append("last"))
    threads.forget(forgotten)
    release.set()
    running.wait()
    last.wait()
    assert ran == ["last"]
    threads.close()


def test_stuck_means_every_thread_is_past_its_limit() -> None:
    threads, release = PluginThreads("acme", 2), threading.Event()
    _, late = _submit(threads, lambda: release.wait(30), seconds=-1, label="livechat_route")
    _until(lambda: threads.overdue() == ["livechat_route"])
    assert not threads.is_stuck()  # one thread is free
    _, busy = _submit(threads, lambda: release.wait(30), seconds=60, label="livechat_get_contact")
    _until(lambda: len(threads._running) == 2)
    assert not threads.is_stuck()  # one thread is busy, but within its time
    assert threads.overdue() == ["livechat_route"]
    release.set()
    late.wait()
    busy.wait()
    threads.close()


def test_nothing_is_taken_in_while_all_threads_are_stuck() -> None:
    threads, release = PluginThreads("acme", 2), threading.Event()
    boxes = [_submit(threads, lambda: release.wait(30), seconds=-1)[1] for _ in range(2)]
    _until(threads.is_stuck)
    with pytest.raises(ThreadsStuck):
        _submit(threads, lambda: None)
    release.set()
    for box in boxes:
        box.wait()
    _until(lambda: not threads.is_stuck())
    assert _submit(threads, lambda: "back")[1].wait().value == "back"
    threads.close()


def test_job_waits_for_the_others_when_no_further_thread_can_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads, release = PluginThreads("acme", 2), threading.Event()
    _, running = _submit(threads, lambda: release.wait(30))

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    _, waiting = _submit(threads, lambda: "it was my turn")
    release.set()
    running.wait()
    assert waiting.wait().value == "it was my turn"
    assert threads.alive == 1
    threads.close()


def test_idle_thread_keeps_no_argument_alive() -> None:
    import gc
    import weakref

    class Handoff:
        pass

    threads, handoff = PluginThreads("acme", 1), Handoff()
    gone = weakref.ref(handoff)
    _submit(threads, partial(id, handoff))[1].wait()
    del handoff
    _until(lambda: gc.collect() >= 0 and gone() is None)
    threads.close()


def test_many_callers_at_once_lose_nothing() -> None:
    threads, boxes, lock = (
        PluginThreads("acme", 4, idle_seconds=0.001),
        list[tuple[int, Box]](),
        threading.Lock(),
    )

    def hammer(start: int) -> None:
        for number in range(start, start + 100):
            _, box = _submit(threads, partial(int, number))
            with lock:
                boxes.append((number, box))

    callers = [threading.Thread(target=hammer, args=(100 * index,)) for index in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(number for number, _ in boxes) == list(range(400))
    assert all(box.wait().value == number for number, box in boxes)
    threads.close()
    _until(lambda: threads.alive == 0)
