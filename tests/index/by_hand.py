"""The definition the index must live up to, and codes to try it with."""

from random import Random

from seawall.index.hamming import Neighbour


def by_hand(entries, query, distance):
    """Every neighbour, by looking at every entry. entries: key → code."""
    apart = {
        key: (int.from_bytes(code) ^ int.from_bytes(query)).bit_count()
        for key, code in entries.items()
    }
    return sorted(Neighbour(bits, key) for key, bits in apart.items() if bits <= distance)


def flipped(code, bits, rng: Random):
    """The same code with this many bits changed."""
    changed = int.from_bytes(code)
    for bit in rng.sample(range(len(code) * 8), bits):
        changed ^= 1 << bit
    return changed.to_bytes(len(code))
