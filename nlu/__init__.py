"""Understanding: text in, meaning out."""

from __future__ import annotations

import os

# One message is far too little work for several threads: numpy's would wait for one another and hold up the service.
# Read by OpenBLAS when numpy is first imported, so it stands before everything else; a setting from outside wins.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
