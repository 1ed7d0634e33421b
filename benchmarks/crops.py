"""
Which crops of a known picture should be filed, and which parts of an upload asked, so that a crop is found?

    python -m benchmarks.crops [--pictures 40]

Copies of 70 % of each side, from anywhere, from the centre or from a corner, saved at JPEG quality 80. A scheme files
windows of the known picture and asks windows of the copy; where both have several, their steps are chosen so that each
place of the copy, to a few percent, is met by one pair. Found is within 31 bits. The last column is the codes filed
and asked for each percent of recall of crops from anywhere.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from random import Random

import numpy as np

from benchmarks.photos import NEAR, PLAIN, Codes, apart, originals, steep
from seawall.media.media import Luma
from seawall.media.regions import crops
from seawall.media.understand import understand
from seawall.workflows.photo_alterations import KEPT, ORIGINAL, PHOTOS, crop
from seawall.workflows.pictures import jpeg

COPY = 0.7  # of each side
WHERE = ("anywhere", "anywhere", "anywhere", "centre", "corner")
Window = tuple[float, float, float]  # its side, left and top, as shares of the picture's sides
WHOLE: list[Window] = [(1, 0, 0)]


def grid(side: float, places: list[float]) -> list[Window]:
    """Windows that begin at each of these places, both ways."""
    return [(side, left, top) for left in places for top in places]


def around(side: float, count: int) -> list[Window]:
    """Centre and corners; with 9 the middles of the sides; with 13 halfway between those too."""
    rest = 1 - side
    nine = grid(side, [0, rest / 2, rest])
    if count == 5:
        return nine[::2]
    return nine + (grid(side, [rest / 4, 3 * rest / 4]) if count == 13 else [])


def met(side: float, filed: int, asked: int) -> tuple[list[Window], list[Window]]:
    """A coarse grid of the known picture and a fine one of the copy, whose differences are every place in turn."""
    step = (1 - COPY) / (filed * asked)
    first = (COPY - side - step * (asked - 1)) / 2
    fine = [first + step * each for each in range(asked)]
    coarse = [fine[-1] + step * (0.5 + asked * each) for each in range(filed)]
    return grid(side, coarse), [(side / COPY, x / COPY, y / COPY) for _, x, y in grid(side, fine)]


def schemes() -> Iterator[tuple[str, list[Window], list[Window]]]:
    """Name, windows filed, windows asked."""
    for side in (0.7, 0.85):
        for count in (5, 9, 13):
            yield f"{count} of {side:.0%}", around(side, count), WHOLE
    yield "13 of 70% and of 85%", around(0.7, 13) + around(0.85, 13), WHOLE
    for count in (5, 13):
        name = f"{count} of 60%, the same of the copy"
        yield name, around(0.6, count), around(0.6 / COPY, count)
    for across in (8, 15):
        yield f"{across}x{across} of 70%", grid(0.7, [*np.linspace(0, 0.3, across)]), WHOLE
    for side, filed, asked in ((0.6, 3, 3), (0.65, 5, 3), (0.6, 4, 4), (0.6, 6, 3), (0.6, 5, 5)):
        name = f"{filed}x{filed} of {side:.0%} met by {asked}x{asked}"
        yield name, *met(side, filed, asked)


def coded(luma: Luma, windows: list[Window]) -> Codes:
    """The code of each window."""
    height, width = luma.shape
    found = []
    for side, left, top in windows:
        down, across = round(height * top), round(width * left)
        part = luma[down : down + round(height * side), across : across + round(width * side)]
        found.append(steep(np.ascontiguousarray(part)))
    return np.concatenate(found)


def seen(data: bytes) -> Luma:
    """The luma a worker makes codes of."""
    image = understand(data, PLAIN).image
    assert image is not None
    return image.frames[0]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=40)
    tried = list(schemes())
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    shipped = "what is filed: 5 of 90, 80 and 70%"
    for number, data in enumerate(originals(parser.parse_args().pictures)):
        picture, chance = PHOTOS.read(data), Random(number)
        known = seen(jpeg(picture, quality=ORIGINAL))
        filed = {name: coded(known, windows) for name, windows, _ in tried}
        filed[shipped] = np.concatenate([steep(each.luma) for each in crops(known)])
        for where in WHERE:
            copy = seen(jpeg(crop(picture, chance, keep=COPY, where=where), quality=KEPT))
            for name, _, asked in (*tried, (shipped, [], WHOLE)):
                near = bool((apart(coded(copy, asked), filed[name]) <= NEAR).any())
                found[name, where].append(near)
    print(f"{'':36}{'filed':>6}{'asked':>6}{'anywhere':>10}{'centre':>8}{'corner':>8}{'codes':>8}")
    for name, windows, asked in (*tried, (shipped, [*range(15)], WHOLE)):
        anywhere, centre, corner = (np.mean(found[name, where]) for where in WHERE[2:])
        price = (len(windows) + len(asked)) / max(anywhere * 100, 0.1)
        print(f"{name:36}{len(windows):6}{len(asked):6}{anywhere:10.1%}{centre:8.1%}", end="")
        print(f"{corner:8.1%}{price:8.2f}")


if __name__ == "__main__":
    main()
