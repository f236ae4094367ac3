"""Tests of learning need scipy and scikit-learn, which only Rasa's environment has: `make smoke` runs them there.

The service's own test run does not collect them.
"""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("sklearn") else ["test_learning.py"]
