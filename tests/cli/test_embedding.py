"""With a model in the settings, photos have an embedding; with one that cannot be used, nothing begins."""

from pathlib import Path

import pytest

from seawall.errors import OutsideError
from seawall.media.limits import MediaLimits
from seawall.media.understand import understand
from seawall.signals.embedding import Embedding
from seawall.signals.embedding_config import EmbeddingConfig
from seawall.signals.embedding_model import Model
from seawall.signals.registry import EMBEDDING
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.cli.run import seawall
from tests.models import SIDE, model, write_model


@pytest.fixture
def home(tmp_path: Path):
    """A home whose settings name a model."""
    place = tmp_path / "home"
    place.mkdir()
    path = write_model(place / "model.onnx")
    (place / "seawall.toml").write_text(
        f'[embedding]\nmodel = "{path}"\nside = {SIDE}\nreach = 20\n[server]\ndecoders = 1\n'
    )
    yield place
    EMBEDDING.expect(model=False)


def test_a_copy_is_found_by_a_shared_embedding(home, tmp_path):
    """What another organisation computed with the same model goes into a bank as text, and finds the copy."""
    (tmp_path / "copy.jpg").write_bytes(ALTERATIONS["black and white"](landscape(1)))
    (tmp_path / "stranger.jpg").write_bytes(jpeg(landscape(2)))
    elsewhere = Embedding()
    elsewhere.use(Model(model(1), EmbeddingConfig(side=SIDE)))
    [reading] = elsewhere.compute(understand(jpeg(landscape(1)), MediaLimits()))
    known = str(reading.signal)
    seawall(home, "bank", "add", "known", known, "--category", "terrorist-content")

    exported = seawall(home, "bank", "export", "known", "--ndjson").lines
    scanned = seawall(home, "scan", tmp_path / "copy.jpg", tmp_path / "stranger.jpg", "--json")

    assert [(line["signal_type"], line["value"]) for line in exported] == [tuple(known.split(":"))]
    found = {Path(line["path"]).name: line["matches"] for line in scanned.lines}
    assert [match["value"] for match in found["copy.jpg"]] == [reading.signal.value]
    assert found["stranger.jpg"] == []


def test_a_model_that_cannot_be_used_stops_what_would_need_it(home):
    """Whoever starts it hears why, and the doctor says so beside what is well."""
    (home / "model.onnx").write_bytes(b"no model")

    started = seawall(home, "serve")
    said = {line["what"]: line for line in seawall(home, "doctor", "--json").lines}

    assert isinstance(started.error, OutsideError)
    assert "is no ONNX model that can be loaded by itself" in str(started.error)
    assert said["database"]["well"]
    assert not said["workers"]["well"]
    assert not said["embedding model"]["well"]
    assert "is no ONNX model that can be loaded by itself" in said["embedding model"]["says"]
