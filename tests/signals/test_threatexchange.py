"""What is exchanged with python-threatexchange, read and written by its own package."""

import sys
from types import ModuleType

import pytest
from threatexchange.exchanges.impl.file_api import (
    FileCollaborationConfig,
    LocalFileSignalExchangeAPI,
)
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal
from threatexchange.signal_type.raw_text import RawTextSignal
from threatexchange.signal_type.sha256 import VideoSHA256Signal
from threatexchange.signal_type.signal_base import SignalType
from threatexchange.signal_type.url import URLSignal

from seawall.errors import SignalError
from seawall.signals.registry import SIGNAL_TYPES
from seawall.signals.signal import Signal
from seawall.signals.threatexchange import read, written
from tests.made import NOON, entry, pdq, sound, video, words

THEIRS = (PdqSignal, VideoMD5Signal, VideoSHA256Signal, URLSignal)


@pytest.mark.parametrize("kind", THEIRS, ids=lambda kind: kind.get_name())
def test_what_they_write_is_read_and_what_we_write_they_take(kind: type[SignalType]):
    """Of every example of theirs, and of every one of ours; a link is canonical with us only."""
    _check_both_ways(kind)


def test_their_tlsh_is_read_and_written():
    """Where both are installed with what they compile."""
    pytest.importorskip("tlsh")
    from threatexchange.extensions.tlsh.text_tlsh import TextTLSHSignal

    _check_both_ways(TextTLSHSignal)


def _check_both_ways(kind: type[SignalType]) -> None:
    name = kind.get_name()
    ours = next(each for each in SIGNAL_TYPES if (written(Signal(each, "")) or [""])[0] == name)
    for example in filter(None, kind.get_examples()):
        found = read(name, example) or SIGNAL_TYPES[ours].parse(example)
        assert found.type == ours
        assert kind is URLSignal or written(found) == (name, kind.validate_signal_str(example))
    for value in SIGNAL_TYPES[ours].examples:
        assert written(Signal(ours, value)) == (name, kind.validate_signal_str(value))


def test_their_vpdq_is_read_and_written(monkeypatch: pytest.MonkeyPatch):
    """By their own code for its text; the extension's compiled half has no part in that."""
    monkeypatch.setitem(sys.modules, "vpdq", ModuleType("vpdq"))
    sys.modules["vpdq"].VpdqFeature = object  # type: ignore[attr-defined]
    from threatexchange.extensions.vpdq.vpdq_util import json_to_vpdq, vpdq_to_json

    film = video(*map(pdq, range(20)))
    name, text = written(film) or ("", "")

    frames = json_to_vpdq(text)

    assert name == "vpdq"
    assert [each.pdq_hex for each in frames] == [pdq(number).value for number in range(20)]
    assert [each.timestamp for each in frames] == list(range(20))
    assert SIGNAL_TYPES["vpdq"].parse(vpdq_to_json(frames)) == film


def test_a_raw_text_becomes_what_it_is_known_by():
    """Whole texts by their passages, short ones by the digest of what they read as; of its words none is kept."""
    short, long = RawTextSignal.get_examples()[0][:40], " ".join(RawTextSignal.get_examples() * 5)

    kinds = [signal.type for signal in (read("raw_text", short), read("raw_text", long)) if signal]

    assert kinds == ["text_sha256", "text"]
    with pytest.raises(SignalError):
        read("raw_text", "!")


def test_a_raw_text_longer_than_the_limit_is_refused_unread():
    """Making it plain would take the service seconds and half a gigabyte for one row."""
    with pytest.raises(SignalError, match="The text has 1000001 characters; the limit is 1000000"):
        read("raw_text", "a" * 1_000_001)


def test_what_they_have_no_type_for_is_not_written():
    """Nor read where the name is none of theirs."""
    assert [written(each) for each in (sound(1), words(1), Signal("sha1", "0" * 40))] == [None] * 3
    assert read("trend_query", "{}") is None


def test_their_tool_reads_our_export_as_a_local_file(tmp_path):
    """A type and a signal on each line, as its `local_file` exchange takes them."""
    from seawall.workflows.importing import threatexchange_lines

    known = [pdq(1), video(pdq(2), pdq(3)), Signal("md5", "0" * 32), sound(1)]
    entries = [entry(each, id=f"en_{n}") for n, each in enumerate(known)]
    entries.append(entry(pdq(9), id="en_off", enabled=False))
    file = tmp_path / "bank.txt"
    file.write_text("".join(threatexchange_lines(entries, at=NOON)))

    exchange = LocalFileSignalExchangeAPI.for_collab(
        FileCollaborationConfig(name="ours", filename=str(file))
    )
    (delta,) = exchange.fetch_iter([], None)

    assert list(delta.updates) == [written(each) for each in known[:3]]
