"""
Text that says who signed it, and what a log says of itself at one moment.

    example.org/seawall           origin       ┐
    20852163                      tree size    │ the text
    CsUYapGGPo4dkMgIAUqom/Xaj…=   root         ┘

    — example.org/seawall Az3grlgtzPICa5OS8npVmf…=    name, key's id and signature

Signed notes: https://c2sp.org/signed-note; checkpoints: https://c2sp.org/tlog-checkpoint. Keys are written as Go's
checksum database writes them: https://pkg.go.dev/golang.org/x/mod/sumdb/note
"""

import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from seawall.errors import InputError

ED25519 = b"\x01"  # the signature type of plain Ed25519 notes
KEY_BYTES = 32
ID_BYTES = 4
HASH_BYTES = 32
MOST_SIGNATURES = 100  # the specification asks for 16 at least; Go stops at 100
PRIVATE = "PRIVATE+KEY+"
DASH = "— "

UNFIT = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # controls but newline; half characters
SIZE = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A name and its public key: what is needed to believe a note."""

    name: str
    key: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_length(self.key)

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        A verifier from `name+id+key`, as `str` writes it.

        Raises:
            InputError: The text is not a verifier key, or its id is not that of its key.

        """
        name, key_id, key = _key_parts(text)
        verifier = cls(name, key)
        _check_id(key_id, verifier)
        return verifier

    @property
    def id(self) -> bytes:
        """Four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:ID_BYTES]

    def accepts(self, signature: bytes, text: str) -> bool:
        """Whether this key signed the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        return _key_text(self, self.key)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A name and its private key. Only `to_text` gives the secret away."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_length(self.seed)

    @classmethod
    def generate(cls, name: str) -> Self:
        """
        A new key.

        Raises:
            InputError: The name is empty, or has spaces or a plus sign in it.

        """
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """
        A key from `PRIVATE+KEY+name+id+key`, as `to_text` writes it.

        Raises:
            InputError: The text is not a signing key, or its id is not that of its key.

        """
        if not text.startswith(PRIVATE):
            raise InputError(f"A signing key begins with {PRIVATE}; this text does not.")
        name, key_id, seed = _key_parts(text.removeprefix(PRIVATE))
        key = cls(name, seed)
        _check_id(key_id, key.verifier)
        return key

    def to_text(self) -> str:
        """The whole key in one line; whoever has it can sign in this name."""
        return PRIVATE + _key_text(self.verifier, self.seed)

    @property
    def verifier(self) -> Verifier:
        """What others need to believe what this key signs."""
        return Verifier(self.name, self._private.public_key().public_bytes_raw())

    def signature(self, text: str) -> bytes:
        """64 bytes that only this key can make for this text."""
        return self._private.sign(text.encode())

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def sign(text: str, key: SigningKey) -> str:
    """
    The note: the text, a blank line, and one signature.

    Raises:
        InputError: The text does not end with its line, or has control characters in it.

    """
    if not text.endswith("\n") or UNFIT.search(text):
        raise InputError("A note ends with a newline and has no other control characters in it.")
    signed = b64encode(key.verifier.id + key.signature(text)).decode()
    return f"{text}\n{DASH}{key.name} {signed}\n"


def opened(note: str, verifier: Verifier) -> str:
    """
    The text of a note this key signed; signatures by other keys are left to others.

    Raises:
        InputError: The note is malformed, this key did not sign it, or signed another text.

    """
    body, blank, lines = note.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or UNFIT.search(note):
        raise InputError("This is not a signed note: a text, a blank line, and its signatures.")
    signatures = [_signature(line) for line in lines.removesuffix("\n").split("\n")]
    if len(signatures) > MOST_SIGNATURES:
        raise InputError(f"A note has at most {MOST_SIGNATURES} signatures; this one has more.")
    text = f"{body}\n"
    ours = [
        signature
        for name, key_id, signature in signatures
        if name == verifier.name and key_id == verifier.id
    ]
    if not ours:
        raise InputError(f"This note is not signed by {verifier.name} with the key we know.")
    if not all(verifier.accepts(signature, text) for signature in ours):
        raise InputError(f"The signature of {verifier.name} is not one of this text.")
    return text


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: who it is, how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin or UNFIT.search(self.origin):
            raise InputError("A checkpoint's origin is one line that names the log.")
        if not SIZE.fullmatch(str(self.size)):
            raise InputError(f"A log has 0 leaves or more; it cannot have {self.size}.")
        if len(self.root) != HASH_BYTES:
            raise InputError(f"A root is {HASH_BYTES} bytes; this one has {len(self.root)}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        A checkpoint from the text of a note; what stands after its third line is left unread.

        Raises:
            InputError: The text is not a checkpoint.

        """
        *lines, rest = text.split("\n")
        if len(lines) < 3 or rest or not all(lines) or not SIZE.fullmatch(lines[1]):
            raise InputError("A checkpoint is an origin, a size and a root, each on its own line.")
        return cls(lines[0], int(lines[1]), _decoded(lines[2], "A checkpoint's root"))

    @property
    def text(self) -> str:
        """Three lines, fit to be signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def _check_name(name: str) -> None:
    if not name or "+" in name or any(map(str.isspace, name)) or UNFIT.search(name):
        raise InputError(f"A key's name has no spaces and no plus sign in it; this is {name!r}.")


def _check_length(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise InputError(f"An Ed25519 key is {KEY_BYTES} bytes; this one has {len(key)}.")


def _check_id(key_id: str, verifier: Verifier) -> None:
    if key_id != verifier.id.hex():
        raise InputError(f"The key of {verifier.name} has another id; it was not copied whole.")


def _key_text(verifier: Verifier, key: bytes) -> str:
    return f"{verifier.name}+{verifier.id.hex()}+{b64encode(ED25519 + key).decode()}"


def _key_parts(text: str) -> tuple[str, str, bytes]:
    """Name, id and 32 bytes of a key's text."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    key = _decoded(encoded, "A key's last part")
    if not key.startswith(ED25519):
        raise InputError("A key is written name+id+key, and is one for Ed25519; this one is not.")
    return name, key_id, key.removeprefix(ED25519)


def _signature(line: str) -> tuple[str, bytes, bytes]:
    """Name, key's id and signature of one signature line."""
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH):
        raise InputError("A line of signature begins with an em dash and a space.")
    _check_name(name)
    signed = _decoded(encoded, "A signature")
    if len(signed) <= ID_BYTES:
        raise InputError("A signature is longer than the id of its key; this one is cut off.")
    return name, signed[:ID_BYTES], signed[ID_BYTES:]


def _decoded(text: str, what: str) -> bytes:
    """The bytes of standard base64, written in the one way it can be."""
    try:
        decoded = b64decode(text, validate=True)
    except ValueError:
        decoded = b""
    if not decoded or b64encode(decoded).decode() != text:
        raise InputError(f"{what} is standard base64 (RFC 4648, section 4); this is not.")
    return decoded
