"""A note is believed for its signature alone."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import InputError
from seawall.exchange.note import MOST_SIGNATURES, Checkpoint, SigningKey, Verifier, opened, sign

# The example of https://pkg.go.dev/golang.org/x/mod/sumdb/note
GO_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.
"""
PETER = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
GO_NOTE = f"{GO_TEXT}\n{PETER}"

# The example of https://c2sp.org/tlog-checkpoint
SOFA = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""

KEY = SigningKey("example.org/seawall", bytes(range(32)))

names = st.text(
    st.characters(min_codepoint=33, exclude_categories=["Cs", "Z", "Cc"], exclude_characters="+"),
    min_size=1,
)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n")).map(
    lambda text: f"{text}\n"
)


def test_the_published_note_is_made_and_opened():
    """Byte for byte what Go makes of the same key and text."""
    assert sign(GO_TEXT, SigningKey.from_text(GO_KEY)) == GO_NOTE
    assert opened(GO_NOTE, Verifier.parse(GO_VERIFIER)) == GO_TEXT


def test_the_published_keys_come_back_as_they_were():
    """Private and public, and the one from the other."""
    key = SigningKey.from_text(GO_KEY)

    assert key.to_text() == GO_KEY
    assert str(key.verifier) == GO_VERIFIER
    assert Verifier.parse(GO_VERIFIER) == key.verifier
    assert key.verifier.id.hex() == "c74f20a3"


@given(names, texts)
def test_what_one_signs_others_can_open(name, text):
    """Any name and text the specification allows, blank lines and odd letters included."""
    key = SigningKey(name, bytes(range(32)))

    assert opened(sign(text, key), Verifier.parse(str(key.verifier))) == text
    assert SigningKey.from_text(key.to_text()) == key


def test_new_keys_differ_and_keep_their_secret():
    """The seed is chance, and never part of a log line."""
    one, other = SigningKey.generate("a"), SigningKey.generate("a")

    assert one.seed != other.seed
    assert repr(one) == "SigningKey(name='a')"


def test_signatures_by_others_are_left_to_others():
    """Before or after ours, from a key of our name or with our id."""
    verifier = Verifier.parse(GO_VERIFIER)
    namesake = sign(GO_TEXT, SigningKey("PeterNeumann", bytes(32))).removeprefix(f"{GO_TEXT}\n")
    same_id = PETER.replace("PeterNeumann", "Peter")

    for others in (ENOCH, namesake, same_id, "— short AAAAAAA=\n"):
        assert opened(f"{GO_TEXT}\n{others}{PETER}", verifier) == GO_TEXT
        assert opened(f"{GO_TEXT}\n{PETER}{others}", verifier) == GO_TEXT
        with pytest.raises(InputError, match="not signed by PeterNeumann"):
            opened(f"{GO_TEXT}\n{others}", verifier)


@given(st.integers(0, len(GO_NOTE) - 1), st.characters())
def test_no_letter_of_a_note_can_be_changed(at, letter):
    """Text, blank line, dash, name, id or signature."""
    changed = GO_NOTE[:at] + letter + GO_NOTE[at + 1 :]
    if changed != GO_NOTE:
        with pytest.raises(InputError):
            opened(changed, Verifier.parse(GO_VERIFIER))


@given(st.integers(0, len(GO_NOTE) - 1))
def test_no_letter_of_a_note_can_be_left_out(at):
    """A note is whole or nothing."""
    with pytest.raises(InputError):
        opened(GO_NOTE[:at] + GO_NOTE[at + 1 :], Verifier.parse(GO_VERIFIER))


def test_one_false_signature_in_our_name_spoils_the_note():
    """The right one beside it may have been taken from elsewhere."""
    signed = b64decode(PETER.split()[2])
    false = f"— PeterNeumann {b64encode(signed[:4] + bytes(64)).decode()}\n"

    for lines in (false, PETER + false, false + PETER):
        with pytest.raises(InputError, match="is not one of this text"):
            opened(f"{GO_TEXT}\n{lines}", Verifier.parse(GO_VERIFIER))


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        GO_TEXT,
        PETER,
        f"{GO_TEXT}{PETER}",
        f"{GO_TEXT}\n",
        f"{GO_TEXT}\n{PETER}\n",
        GO_NOTE.removesuffix("\n"),
        GO_NOTE.replace("\n", "\r\n"),
        f"{GO_TEXT}\n{PETER}- Dash AAAAAAA=\n",
        f"{GO_TEXT}\n{PETER}—No-space AAAAAAA=\n",
        f"{GO_TEXT}\n{PETER}— AAAAAAA=\n",
        f"{GO_TEXT}\n{PETER}—  AAAAAAA=\n",
        f"{GO_TEXT}\n{PETER}— plus+sign AAAAAAA=\n",
        f"{GO_TEXT}\n{PETER}— wide\u2003space AAAAAAA=\n",
        f"{GO_TEXT}\n{PETER}— cut-off AAAA\n",
        f"{GO_TEXT}\n{PETER}— only-its-id AAAAAA==\n",
        f"{GO_TEXT}\n{PETER}— not-base64 ?AAAAAA=\n",
        f"{GO_TEXT}\n{PETER}— unpadded AAAAAAA\n",
        f"{GO_TEXT}\n{PETER}— other-alphabet AAAA-A_=\n",
        f"{GO_TEXT}\n{PETER}— odd-letters ÀAAAAAA=\n",
        f"{GO_TEXT}\n{PETER}— half-a-character\ud800 AAAAAAA=\n",
        f"bell\x07\n\n{PETER}",
        f"half \ud800\n\n{PETER}",
        f"{GO_TEXT}\n{PETER * (MOST_SIGNATURES + 1)}",
    ],
)
def test_a_malformed_note_is_refused(note):
    """Even when the signature we look for is there and right."""
    with pytest.raises(InputError):
        opened(note, Verifier.parse(GO_VERIFIER))


def test_a_hundred_signatures_are_not_too_many():
    """Witnesses may be many."""
    lines = PETER + ENOCH * (MOST_SIGNATURES - 1)

    assert opened(f"{GO_TEXT}\n{lines}", Verifier.parse(GO_VERIFIER)) == GO_TEXT


def test_another_name_with_the_same_key_is_another_signer():
    """The id binds the name."""
    verifier = Verifier("Somebody", Verifier.parse(GO_VERIFIER).key)

    with pytest.raises(InputError, match="not signed by Somebody"):
        opened(GO_NOTE, verifier)
    with pytest.raises(InputError, match="not signed by Somebody"):
        opened(GO_NOTE.replace("— PeterNeumann", "— Somebody"), verifier)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "half \ud800\n", "return\r\n"])
def test_a_text_that_cannot_be_a_note_is_not_signed(text):
    """Nobody could open it."""
    with pytest.raises(InputError, match="ends with a newline"):
        sign(text, KEY)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x07b", "a\ud800"])
def test_a_name_fits_into_a_signature_line(name):
    """No spaces of any kind, no plus, nothing that cannot be written."""
    with pytest.raises(InputError, match="A key's name"):
        SigningKey.generate(name)
    with pytest.raises(InputError, match="A key's name"):
        Verifier(name, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        GO_VERIFIER.replace("c74f20a3", "c74f20a4"),
        GO_VERIFIER.replace("c74f20a3", "C74F20A3"),
        GO_VERIFIER.replace("Peter", "Petra"),
        GO_VERIFIER.replace("+ARpc", "+AhpC"),
        GO_VERIFIER.removesuffix("10TW"),
        GO_VERIFIER.replace("ARpc", "A?pc"),
        f"{GO_VERIFIER}\n",
    ],
)
def test_a_key_that_was_not_copied_whole_is_refused(text):
    """A wrong id, another kind of key, a letter too few."""
    with pytest.raises(InputError):
        Verifier.parse(text)
    with pytest.raises(InputError):
        SigningKey.from_text(f"PRIVATE+KEY+{text}")


def test_a_public_key_is_no_signing_key():
    """Mixing them up is found at once."""
    with pytest.raises(InputError, match="begins with PRIVATE"):
        SigningKey.from_text(GO_VERIFIER)
    with pytest.raises(InputError):
        Verifier.parse(GO_KEY)


def test_the_published_checkpoint_is_read():
    """Origin, size and root, and the same text again."""
    checkpoint = Checkpoint.parse(SOFA)

    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert checkpoint.text == SOFA


def test_a_checkpoint_may_say_more_than_we_read():
    """Extension lines are allowed; they are signed, and nobody's business here."""
    assert Checkpoint.parse(f"{SOFA}more\nand more\n") == Checkpoint.parse(SOFA)


def test_a_signed_checkpoint_comes_back():
    """From the empty log to one no database could hold."""
    for size in (0, 1, 2**63 - 1):
        checkpoint = Checkpoint("example.org/seawall", size, bytes(32))
        assert Checkpoint.parse(opened(sign(checkpoint.text, KEY), KEY.verifier)) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        SOFA.removesuffix("\n"),
        f"{SOFA}\n",
        f"\n{SOFA}",
        "\n".join(SOFA.split("\n")[:2]) + "\n",
        SOFA.replace("\n", "\r\n"),
        SOFA.replace("20852163", "020852163"),
        SOFA.replace("20852163", "-1"),
        SOFA.replace("20852163", "+1"),
        SOFA.replace("20852163", "1_000"),
        SOFA.replace("20852163", "٣"),
        SOFA.replace("20852163", "9" * 5000),
        SOFA.replace("q2I=", "q2I"),
        SOFA.replace("q2I=", "q2J="),
        SOFA.replace("CsUY", ""),
        SOFA.replace("q2I=", "q2I=AAAA"),
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text):
    """A size in another spelling would be two texts for one checkpoint."""
    with pytest.raises(InputError):
        Checkpoint.parse(text)


def test_a_checkpoint_that_could_not_be_read_is_not_made():
    """Two lines of origin, less than no leaves, half a root."""
    for origin, size, root in (
        ("", 0, bytes(32)),
        ("two\nlines", 0, bytes(32)),
        ("tab\t", 0, bytes(32)),
        ("a", -1, bytes(32)),
        ("a", 0, bytes(31)),
    ):
        with pytest.raises(InputError):
            Checkpoint(origin, size, root)
