"""An operator's own model makes codes that are compared with codes of the same model, and no other."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seawall.errors import OutsideError
from seawall.media.limits import MediaLimits
from seawall.media.media import Kind, Media
from seawall.media.understand import understand
from seawall.sandbox.embedding import load
from seawall.signals.embedding import Embedding, model_of
from seawall.signals.embedding_config import EmbeddingConfig
from seawall.signals.embedding_model import Model, _directions
from seawall.signals.fingerprint import failed
from seawall.signals.signal import Cause, NoSignal
from seawall.testing.signal_type import SignalTypeContract
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.models import SIDE, model, write_model

CONFIG = EmbeddingConfig(side=SIDE)
COPIES = (
    "the same file",
    "saved again, badly",
    "half the size",
    "64 colours",
    "black and white",
    "blurred",
)


def photo(number: int, copy: str = "the same file") -> Media:
    """A landscape, altered as people do."""
    return understand(ALTERATIONS[copy](landscape(number, width=600, height=400)), MediaLimits())


@pytest.fixture(scope="module")
def embedding() -> Embedding:
    """The type with a model."""
    made = Embedding()
    made.use(Model(model(1), CONFIG))
    return made


def signal(embedding: Embedding, media: Media):
    """The one signal of a picture."""
    [reading] = embedding.compute(media)
    return reading.signal


def apart(one, other) -> int:
    """Bits that differ."""
    codes = [bytes.fromhex(each.value.partition(".")[2]) for each in (one, other)]
    one, other = (np.frombuffer(code, np.uint8) for code in codes)
    return int(np.unpackbits(one ^ other).sum())


class TestEmbedding(SignalTypeContract):
    """What every signal type promises, with a model."""

    type = Embedding()
    media = (photo(1), understand(jpeg(Image.new("RGB", (64, 64), "grey")), MediaLimits()))

    @pytest.fixture(autouse=True)
    def with_a_model(self):
        """Loaded when the first of these tests runs, not when they are collected."""
        self.type.use(Model(model(1), CONFIG))


def test_copies_are_near_and_other_pictures_far(embedding):
    """As far as the test model can tell: within the reach that is set when nobody chooses another."""
    originals = [signal(embedding, photo(number)) for number in range(8)]

    for copy in COPIES:
        assert apart(originals[0], signal(embedding, photo(0, copy))) <= CONFIG.reach, copy
    others = [apart(one, other) for one in originals for other in originals if one != other]
    assert min(others) > CONFIG.reach


def test_a_code_tells_the_model_and_how_it_is_handed_pictures(embedding):
    """What would make other codes has another name; the same file anywhere has the same."""
    name = model_of(signal(embedding, photo(1)))

    assert Model(model(1), CONFIG).name == name
    for data, config in (
        (model(2), CONFIG),
        (model(1), replace(CONFIG, mean=(0.5, 0.5, 0.5))),
        (model(1), replace(CONFIG, std=(1.0, 1.0, 1.0))),
        (model(1), replace(CONFIG, projection=False)),
    ):
        assert Model(data, config).name != name


def test_the_directions_are_the_published_ones():
    """Whoever has the model has the same codes: what `openssl dgst -shake256` gives for the published text."""
    directions = _directions(256, CONFIG)

    assert directions.shape == (256, 256)
    assert np.packbits(directions[0] > 0).tobytes().hex() == (
        "2745a4c62c99376279d4ffb16e516f9983b11d19c5b71810d7d89e4d70494a5d"
    )


def test_a_model_with_256_outputs_may_be_its_own_code():
    """Its outputs above 0 are the bits."""
    own = Model(model(1), replace(CONFIG, projection=False))
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)

    numbers = own._numbers(picture)

    assert own.code(picture) == np.packbits(numbers > 0).tobytes()
    with pytest.raises(OutsideError, match="must have 256 outputs; it has 100"):
        Model(model(1, outputs=100), replace(CONFIG, projection=False))


def test_without_a_model_nothing_is_said(embedding):
    """Neither a signal nor that one is missing, whatever becomes of the upload."""
    assert Embedding().compute(photo(1)) is None
    assert Embedding().kinds == frozenset()
    assert "embedding" not in [each.type for each in failed(Kind.IMAGE, "It crashed.")]
    assert embedding.kinds == {Kind.IMAGE}


def test_what_cannot_be_read_has_a_reason(embedding):
    """Damaged, or one colour all over, which every such picture is."""
    whole = jpeg(landscape(1))
    for data, cause in (
        (whole[: len(whole) // 2], Cause.FAILED),
        (jpeg(Image.new("RGB", (64, 64), "grey")), Cause.EMPTY),
    ):
        found = embedding.compute(understand(data, MediaLimits()))
        assert isinstance(found, NoSignal)
        assert found.cause is cause


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"model": "/nowhere/model.onnx"}, "cannot be read: No such file"),
        ({"side": 32}, r"must take one tensor\(float\) of \[1, 3, 32, 32\]"),
        ({"output": "smell"}, "has no output 'smell'; it has embedding"),
        ({"std": (1.0, 0.0, 1.0)}, "none of its numbers can be 0"),
        ({"mean": (0.5,)}, "embedding.mean is three numbers"),
        ({"max_bytes": 1000}, "the limit is 0 MiB"),
        ({"max_seconds": timedelta(0)}, "raise embedding.max_seconds"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused(tmp_path: Path, changed, sentence):
    """With a sentence that tells an operator what to change."""
    config = replace(CONFIG, model=write_model(tmp_path / "model.onnx"))
    with pytest.raises(OutsideError, match=sentence):
        load(replace(config, **changed))


def test_a_model_that_is_broken_or_of_no_use_is_refused(tmp_path: Path):
    """Half a file, and one that gives every picture the same code, which would match everything."""
    path = tmp_path / "model.onnx"
    path.write_bytes(model(1)[:5000])
    with pytest.raises(OutsideError, match="is no ONNX model that can be loaded by itself"):
        load(replace(CONFIG, model=str(path)))
    path.write_bytes(model(1, centred=False))
    with pytest.raises(OutsideError, match="does not tell unlike pictures apart"):
        load(replace(CONFIG, model=str(path)))
