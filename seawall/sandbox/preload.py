"""Everything slow to load, loaded once in the process that workers are forked from."""

from PIL import Image

import seawall.sandbox.worker
import seawall.signals.pdq_kernel  # noqa: F401 - its kernels are compiled once per installation, then read from a cache

Image.init()  # every plug-in now, rather than at a stranger's first WebP
