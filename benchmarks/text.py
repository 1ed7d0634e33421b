"""
Are known texts found again however they are written, and are ordinary texts left alone?

    python -m benchmarks.text [--known 50] [--ordinary 100000]

Known are paragraphs and single sentences in six scripts, made by `benchmarks/paragraphs.py`. Each is altered in every
way of `seawall/workflows/text_alterations.py`, and put in the middle of a longer post. Ordinary are other paragraphs
of the same maker, and English that lies on the machine: licences and what Python says about itself. A match needs a
number of shared passages, and a share of those of the shorter text. Printed are the recall by alteration and script,
recall and false matches by threshold, and the time a paragraph takes.
"""

import argparse
import pkgutil
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.paragraphs import TONGUES, Tongue, paragraphs
from seawall.media.text import normalised
from seawall.signals.passages import Shared, shared
from seawall.signals.shingles import Passages, passages, simhash, weight
from seawall.signals.text import LEAST_LETTERS, LEAST_PASSAGES, LEAST_SHARE, REACH
from seawall.workflows.text_alterations import EVASIONS

PASSAGE_COUNTS = (12, 15, 18, 24)
SHARES = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
REACHES = (15, 31, 47, 63, 79)
LICENCES = Path("/usr/share/common-licenses")
DOCS = Path("/usr/share/doc")


class Scored:
    """How much a text and the known one most like it share, and how far their SimHashes are apart."""

    def __init__(self, found: Shared | None, *, share: float, apart: int) -> None:
        self.passages = found.evidence if found else 0.0
        self.share = share
        self.apart = apart

    def matches(
        self, least_passages: int = LEAST_PASSAGES, least_share: float = LEAST_SHARE
    ) -> bool:
        """Whether it would be called known with these thresholds."""
        return self.passages >= least_passages and self.share >= least_share


class Known:
    """Known texts, and what a catalogue would find among them: a small one, in memory."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.texts: list[Passages] = []
        codes = []
        for number, text in enumerate(texts):
            plain = normalised(text, leet=True).text
            found = passages(plain)
            for part, each in enumerate(found.hashes.tolist()):
                self.places[each].append((number, part))
            self.texts.append(found)
            codes.append(np.frombuffer(simhash(plain), np.uint64))
        self.codes = np.stack(codes)

    def score(self, text: str, *, number: int | None = None) -> Scored | None:
        """Against the known text with this number, or the one most like it; None for a text that is too short."""
        plain = normalised(text, leet=True).text
        if weight(plain) < LEAST_LETTERS:
            return None
        mine = passages(plain)
        code = np.frombuffer(simhash(plain), np.uint64)
        apart = np.bitwise_count(self.codes ^ code).sum(axis=1)
        pairs: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for part, each in enumerate(mine.hashes.tolist()):
            for known, known_part in self.places.get(each, ()):
                pairs[known].append((part, known_part))
        best = Scored(None, share=0.0, apart=int(apart.min() if number is None else apart[number]))
        for known, rows in pairs.items():
            theirs = self.texts[known]
            shorter = min(len(mine.hashes), len(theirs.hashes))
            if number not in (None, known) or len(rows) < max(6, SHARES[0] * shorter):
                continue  # below every threshold that is tried
            found = shared(mine, theirs, np.array(rows))
            share = found.passages / shorter
            if share > best.share:
                best = Scored(found, share=share, apart=best.apart)
        return best


def ordinary_english() -> Iterator[str]:
    """Paragraphs of the licences, of package documents and of Python's own docstrings."""
    files = [
        *sorted(LICENCES.glob("*")),
        *sorted(DOCS.glob("*/copyright")),
        *sorted(DOCS.glob("*/README*")),
    ]
    modules = [
        Path(sys.base_prefix) / f"lib/python3.{sys.version_info.minor}/{m.name}.py"
        for m in pkgutil.iter_modules()
        if m.name
    ]
    for path in (*files, *modules):
        if not path.is_file() or path.suffix == ".gz":
            continue
        text = path.read_text("utf-8", errors="replace")
        blocks = re.findall(r'"""(.+?)"""', text, re.DOTALL) if path.suffix == ".py" else [text]
        for block in blocks:
            yield from (part for part in re.split(r"\n\s*\n", block) if 150 < len(part) < 2000)


def recall(
    known: Known, texts: dict[str, list[str]], rng: Random, *, first: int = 0
) -> list[Scored]:
    """Print a row an alteration, a column a script; what was found of each altered text."""
    print(f"{'':32}" + "".join(f"{script:>11}" for script in texts))
    scores: list[Scored] = []
    others = {tongue.script: paragraphs(tongue, rng) for tongue in TONGUES}
    for alteration in (None, *EVASIONS):
        cells = []
        for column, (script, each) in enumerate(texts.items()):
            found, tried = 0, 0
            for place, text in enumerate(each):
                if alteration is None:
                    before, after = (" ".join(islice(others[script], 3)) for _ in range(2))
                    altered = f"{before} {text} {after}"
                else:
                    altered = alteration(text, rng)
                if altered == text:
                    continue
                tried += 1
                score = known.score(altered, number=first + column * len(each) + place)
                scores.append(score or Scored(None, share=0.0, apart=256))
                found += scores[-1].matches()
            cells.append(f"{found / tried:>11.1%}" if tried else f"{'-':>11}")
        name = alteration.__name__ if alteration else "within_a_longer_post"
        print(f"{name:32}" + "".join(cells))
    return scores


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known", type=int, default=50, help="known texts a script")
    parser.add_argument("--ordinary", type=int, default=100_000)
    arguments = parser.parse_args()
    rng = Random(5)
    texts = {
        tongue.script: list(islice(paragraphs(tongue, rng), arguments.known)) for tongue in TONGUES
    }
    short = {
        tongue.script: list(islice(_short(tongue, rng), arguments.known)) for tongue in TONGUES
    }
    known = Known(text for kind in (texts, short) for each in kind.values() for text in each)

    print("Paragraphs")
    altered = recall(known, texts, rng)
    print(f"all: {sum(s.matches() for s in altered) / len(altered):.2%} of {len(altered)}")
    print("\nSingle sentences")
    sentences = recall(known, short, rng, first=len(TONGUES) * arguments.known)
    print(f"all: {sum(s.matches() for s in sentences) / len(sentences):.2%} of {len(sentences)}\n")

    ordinary, taken, english = _ordinary(known, arguments.ordinary, rng)
    print(
        f"{len(ordinary)} ordinary paragraphs, {english} of them English from this machine; {taken * 1e3:.2f} ms each\n"
    )
    print(
        "Recall, and false matches, by the passages and the share of the shorter text that are needed"
    )
    for count in PASSAGE_COUNTS:
        for share in SHARES:
            hits = sum(score.matches(count, share) for score in altered) / len(altered)
            false = sum(score.matches(count, share) for score in ordinary)
            chosen = "  <- in use" if (count, share) == (LEAST_PASSAGES, LEAST_SHARE) else ""
            print(f"{count:4} passages {share:6.0%} {hits:9.2%} {false:6}{chosen}")
    print("\nCandidates by SimHash alone: of the altered, and of the ordinary, by bits")
    for reach in REACHES:
        near = sum(score.apart <= reach for score in altered) / len(altered)
        false = sum(score.apart <= reach for score in ordinary)
        print(f"{reach:4} bits {near:9.2%} {false:6}{'  <- in use' if reach == REACH else ''}")


def _ordinary(known: Known, count: int, rng: Random) -> tuple[list[Scored], float, int]:
    """The scores of ordinary paragraphs, the seconds one takes, and how many came from this machine."""
    english = list(islice(ordinary_english(), count // 4))
    made = (next(each) for each in _in_turn(TONGUES, rng))
    texts = [*english, *islice(made, count - len(english))]
    start = time.perf_counter()
    scores = [known.score(text) for text in texts]
    taken = (time.perf_counter() - start) / len(texts)
    return [score for score in scores if score is not None], taken, len(english)


def _short(tongue: Tongue, rng: Random) -> Iterator[str]:
    """Sentences that are long enough to have a signal."""
    for text in paragraphs(tongue, rng, sentences=1):
        if weight(normalised(text, leet=True).text) >= LEAST_LETTERS:
            yield text


def _in_turn(tongues: tuple[Tongue, ...], rng: Random) -> Iterator[Iterator[str]]:
    makers = [paragraphs(tongue, rng) for tongue in tongues]
    while True:
        yield from makers


if __name__ == "__main__":
    main()
