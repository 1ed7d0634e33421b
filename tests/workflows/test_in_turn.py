"""Answers in turn, and who must not be held up."""

from concurrent.futures import Future

from seawall.workflows.in_turn import in_turn


def done(value: int) -> Future[int]:
    """A future that has been answered."""
    future: Future[int] = Future()
    future.set_result(value)
    return future


def test_answers_come_in_the_order_they_were_asked_for():
    """However many are asked at a time."""
    asked = ((str(number), done(number)) for number in range(7))

    assert [path for path, _ in in_turn(asked, most=3)] == [str(number) for number in range(7)]


def test_one_that_takes_long_holds_up_nobody(monkeypatch):
    """The others are answered, and asked, while the first still works."""
    monkeypatch.setattr("seawall.workflows.in_turn.HEAD_START", 0.01)
    film: Future[int] = Future()
    answers = in_turn(
        iter([("film", film), *((str(number), done(number)) for number in range(5))]), most=2
    )

    before = [next(answers)[0] for _ in range(5)]
    film.set_result(7)

    assert before == ["0", "1", "2", "3", "4"]
    assert [(path, future.result()) for path, future in answers] == [("film", 7)]
