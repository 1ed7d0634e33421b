"""A text is compared as it reads, not as it was written."""

import pytest

from seawall.media.text import normalised

WRITTEN = {
    "Ｆｕｌｌ　Ｗｉｄｔｈ": "fuiwidth",
    "𝓯𝓾𝓷 🅵🅾🅽🆃🆂 ʙɪɢ ⓐⓑ": "funfontsbigab",
    "раура1": "paypa1",
    "z\u200be\u00adr\ufeffo": "zero",
    "Z̵̢a҉ĺgø": "zaigo",
    "he said: n-o-.-o_o!": "hesaidno",
    "looooool 2002": "ioi2002",
    "\u202edlrow\u202c order": "woridorder",
    "مُحَمَّـــد": "محمد",
    "كتابي على": "کتابیعلی",
    "کتابی علی": "کتابیعلی",
    "२०२४ ۲۰۲۴": "20242024",
    "स\u200dड़\u200cक": "सडक",
    "มา\u0e48\u0e48ก": "มาก",
    "ガキ ｶﾞｷ": "カ゛キカ゛キ",
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_text_is_read_through_its_disguise(written: str):
    """Each of these is a way in which known texts come back."""
    assert normalised(written).text == WRITTEN[written].replace("゛", "\u3099")


def test_digits_are_letters_only_when_asked():
    """An amount or a date matters to who looks for the exact text; who looks for its like is not fooled by 0 and 1."""
    assert normalised("n0t 4 b0t").text == "n0t4b0t"
    assert normalised("n0t 4 b0t", leet=True).text == normalised("not a bot").text


def test_a_text_that_is_already_plain_stays():
    """Normalising twice is normalising once: letters map to letters that map to themselves."""
    for written in WRITTEN:
        plain = normalised(written, leet=True).text
        assert normalised(plain, leet=True).text == plain


def test_a_passage_is_found_in_what_was_written():
    """The reviewer sees it marked there, with all that stood between its letters."""
    written = "Look: w.o.oo.r\u200bd, and \u202edne\u202c."
    found = normalised(written)

    assert found.text == "iokwordandend"
    assert written[slice(*found.written(3, 7))] == "w.o.oo.r\u200bd"
    assert written[slice(*found.written(10, 13))] == "dne"


def test_nothing_legible_is_nothing():
    """Emoji and spaces are no letters."""
    found = normalised(" 🙂\u200b… ")

    assert found.text == ""
    assert found.written(0, 5) == (0, 0)


def test_halves_of_surrogates_do_no_harm():
    """JSON can carry them, and a browser does."""
    assert normalised("a\ud800b").text == "ab"
