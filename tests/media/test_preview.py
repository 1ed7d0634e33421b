"""What each level shows of a picture, measured in pixels."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from seawall.errors import MediaError
from seawall.media.limits import MediaLimits
from seawall.media.preview import LEVELS, as_jpeg, previewed
from seawall.workflows.sounds import RATE, encoded
from tests.media.files import claiming, exif, picture, png, saved, with_segment
from tests.media.films import film, with_matrix

LIMITS = MediaLimits()
SECRET = b"taken at 52.5N 13.4E"
POLYGLOT = b"<html><script>alert(document.cookie)</script></html>"


def shown(data: bytes, level: int) -> Image.Image:
    """The preview as a browser decodes it."""
    image = Image.open(BytesIO(as_jpeg(previewed(data, level, LIMITS))))
    image.load()
    return image


def detail(image: Image.Image) -> float:
    """How much neighbouring pixels differ, on average."""
    grey = np.asarray(image.convert("L"), np.float64)
    return float(np.abs(np.diff(grey, axis=1)).mean())


def chequered(size: tuple[int, int] = (2000, 1500), cell: int = 60) -> bytes:
    """Red and blue cells with hard edges."""
    rows, columns = np.indices((size[1], size[0])) // cell
    red = (rows + columns) % 2 == 0
    return saved(Image.fromarray(np.where(red[..., None], (255, 0, 0), (0, 0, 255)).astype("u1")))


@pytest.mark.parametrize(("level", "side"), list(enumerate((96, 320, 640, 1280, 1280))))
def test_a_level_is_as_large_as_it_says_and_grey_but_the_last(level: int, side: int):
    """No colour is hidden in a file that only looks grey: the lower levels have one channel."""
    image = shown(chequered(), level)

    assert image.size == (side, side * 3 // 4)
    assert image.mode == ("RGB" if level == 4 else "L")
    assert LEVELS[level].side == side


def test_the_first_levels_are_blurred_beyond_recognition_of_edges():
    """A sharp picture of the same size has at least three times the detail."""
    for level, times in ((0, 3), (1, 3)):
        side = LEVELS[level].side
        sharp = Image.open(BytesIO(chequered())).convert("L").resize((side, side * 3 // 4))
        assert detail(shown(chequered(), level)) * times < detail(sharp)
    assert detail(shown(chequered(), 2)) > detail(shown(chequered(), 1))


def test_colours_are_those_of_the_picture():
    """In the last level only."""
    colours = np.asarray(shown(chequered(cell=500), 4)).reshape(-1, 3).astype(int)
    assert np.abs(colours.min(axis=0) - (0, 0, 0)).max() < 12
    assert colours[:, 0].max() > 240
    assert colours[:, 2].max() > 240


def test_nothing_of_a_strangers_metadata_is_left():
    """Neither EXIF nor a comment nor a profile nor what follows the picture."""
    jpeg = saved(picture(), "JPEG", exif=exif(1) + SECRET, comment=SECRET, icc_profile=SECRET * 9)
    assert SECRET in jpeg

    for level in range(len(LEVELS)):
        ours = as_jpeg(previewed(jpeg + POLYGLOT, level, LIMITS))
        assert SECRET not in ours
        assert POLYGLOT not in ours
        assert set(Image.open(BytesIO(ours)).info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }


@pytest.mark.parametrize("level", [2, 4])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_shown_upright(orientation: int, level: int):
    """As its camera's owner saw it, grey and in colour."""
    upright = picture(3, (600, 400))
    turns = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    lying = upright
    for turn in turns.get(orientation, []):
        lying = lying.transpose(turn)
    data = with_segment(saved(lying, "JPEG", quality=95), exif(orientation))

    seen = shown(data, level)

    wanted = np.asarray(upright.convert(seen.mode), int)
    assert seen.size == upright.size
    assert np.abs(np.asarray(seen, int) - wanted).mean() < 6


def test_only_the_first_frame_of_an_animation_is_shown():
    """Nothing moves by itself."""
    frames = [Image.new("RGB", (200, 100), colour) for colour in ("white", "black", "red")]
    gif = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=10)

    image = shown(gif, 2)

    assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)
    assert np.asarray(image).min() > 250


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255)])
def test_what_is_drawn_in_transparency_shows(ink: tuple[int, int, int]):
    """Black on nothing and white on nothing both differ from what lies behind."""
    drawn = Image.new("RGBA", (200, 200), (*ink, 0))
    drawn.paste((*ink, 255), (50, 50, 150, 150))

    for level in (2, 4):
        seen = np.asarray(shown(saved(drawn), level).convert("L"), int)
        assert abs(int(seen[100, 100]) - int(seen[10, 10])) > 100


@pytest.mark.parametrize(
    ("mode", "to"),
    [("1", "PNG"), ("P", "PNG"), ("CMYK", "JPEG"), ("I;16", "PNG"), ("F", "TIFF"), ("LA", "PNG")],
)
def test_every_kind_of_pixel_becomes_eight_bits(mode: str, to: str):
    """Deep, indexed, printed: always grey or red, green, blue."""
    grey = picture().convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = picture().convert(mode) if mode in ("P", "CMYK") else grey.convert(mode)

    assert shown(saved(image, to), 2).mode == "L"
    assert shown(saved(image, to), 4).mode == "RGB"
    tolerance = 60 if mode == "1" else 25
    seen = np.asarray(shown(saved(image, to), 2), int)
    assert np.abs(seen.mean() - np.asarray(grey, int).mean()) < tolerance


def test_a_thin_picture_keeps_a_pixel():
    """And a small one is not made larger."""
    assert shown(saved(Image.new("RGB", (9000, 2))), 0).size == (96, 1)
    assert shown(saved(Image.new("RGB", (9, 7))), 3).size == (9, 7)


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        POLYGLOT,
        b"",
        b"%PDF-1.7",
        png(40_000, 40_000, rows=b""),
        claiming(saved(picture(), "JPEG"), 60_000, 60_000),
        saved(picture(), "JPEG")[:2000],
        b"\x89PNG\r\n\x1a\n" + POLYGLOT,
    ],
    ids=["svg", "html", "nothing", "pdf", "bomb", "jpeg bomb", "torn", "html behind a PNG's start"],
)
def test_what_is_no_sound_picture_has_no_preview(data: bytes):
    """A sentence instead, before a bomb's pixels are decoded."""
    with pytest.raises(MediaError):
        previewed(data, 0, LIMITS)


def test_a_video_is_shown_as_a_sheet_of_its_frames():
    """Row after row, each from the middle of its part; grey until it is to be coloured."""
    scenes = [np.full((240, 320, 3), 16 * number + 8, np.uint8) for number in range(16)]
    video = film(frame for scene in scenes for frame in [scene] * 10)

    for level, side in enumerate((96, 320, 640, 1280, 1280)):
        sheet = shown(video, level)
        assert max(sheet.size) <= side
        assert sheet.mode == ("RGB" if level == 4 else "L")
        cells = np.asarray(sheet.convert("L").resize((4, 4), Image.Resampling.BOX), int)
        assert np.abs(cells.ravel() - (16 * np.arange(16) + 8)).max() < 24
        assert (np.diff(cells.ravel()) > 0).all()


def test_the_frames_of_a_video_lying_on_its_side_are_shown_upright():
    """A phone held upright films lying and says how to turn it."""
    lying = np.zeros((240, 320, 3), np.uint8)
    lying[:, :160] = 255  # which is at the top once it is turned by a quarter, clockwise
    turned = with_matrix(film([lying] * 6), (0, 1, -1, 0))

    sheet = np.asarray(shown(turned, 2), int)

    assert sheet.shape[0] > sheet.shape[1]
    assert sheet[: len(sheet) // 3].mean() > 200 > 60 > sheet[-len(sheet) // 3 :].mean()


def test_a_sound_is_shown_as_its_waveform():
    """Silence is a line, what is loud is high; the same at every level, for a shape tells nothing terrible."""
    moments = np.arange(4 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * moments) * 0.6 * (moments > 2)
    data = encoded(tone.astype(np.float32), codec="pcm_s16le", container="wav")

    wave = np.asarray(shown(data, 0), int) < 128

    assert wave.shape == (96, 640)
    assert wave[:, :300].sum(axis=0).max() <= 4
    assert wave[:, 340:].sum(axis=0).min() > 80
    assert (wave == (np.asarray(shown(data, 3), int) < 128)).all()
