"""Who is next: tasks that give way at every point at which something may happen meanwhile."""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2017, 5, 4, tzinfo=UTC)
TICKS = [timedelta(microseconds=37 * number + 1) for number in range(100)]
#: What a task gives way for: nothing, a time, or until a moment that is asked for again and again.
Way = timedelta | Callable[[], datetime | None] | None
Work = Generator[Way, None, None]


@dataclass(slots=True)
class Task:
    """A task of a process; ``wake`` is when it goes on, or says so, if it is ever to."""

    process: str
    work: Work
    wake: datetime | Callable[[], datetime | None]


@dataclass(slots=True)
class Scheduler:
    """A simulated clock, and the tasks that live by it."""

    dice: random.Random
    now: datetime = BEGIN
    tasks: list[Task] = field(default_factory=list)
    frozen: dict[str, datetime] = field(default_factory=dict)

    def spawn(self, process: str, work: Work, after: timedelta = timedelta(0)) -> None:
        """Begins a task."""
        self.tasks.append(Task(process, work, self.now + after))

    def kill(self, process: str) -> None:
        """Ends every task of a process, wherever it stands."""
        for task in self.tasks:
            if task.process == process:
                task.work.close()
        self.tasks = [task for task in self.tasks if task.process != process]
        self.frozen.pop(process, None)

    def turn(self) -> bool:
        """One task goes one step on; the clock moves when none can. False when nothing will ever happen."""
        task = self._next()
        if task is None:
            return False
        self.now += TICKS[int(self.dice.random() * len(TICKS))]
        try:
            way = next(task.work)
        except StopIteration:
            self.tasks.remove(task)
            return True
        task.wake = self.now if way is None else self.now + way if isinstance(way, timedelta) else way
        return True

    def _next(self) -> Task | None:
        """One that can go on now, by chance; else the first that can, and the clock is moved to its time."""
        first: Task | None = None
        soonest: datetime | None = None
        now = self.now
        count = len(self.tasks)
        start = int(self.dice.random() * count)
        for place in range(start - count, start):
            task = self.tasks[place]
            due = task.wake if isinstance(task.wake, datetime) else task.wake()
            if due is None:
                continue
            if self.frozen:
                due = max(due, self.frozen.get(task.process, due))
            if due <= now:
                return task
            if soonest is None or due < soonest:
                first, soonest = task, due
        self.now = soonest or now
        return first
