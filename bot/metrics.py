"""The numbers of /metrics (Prometheus). Labels are few and never personal."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

TAKEN_IN = Counter("siaga_taken_in_total", "Messages taken into the inbox", ["channel", "kind"])
READ = Counter("siaga_read_total", "Events read by the dialogue", ["event"])
INBOX_ERRORS = Counter("siaga_inbox_errors_total", "Messages that could not be read at a try")
DELIVERED = Counter("siaga_deliveries_total", "Attempts to deliver an outbox item", ["lane", "kind", "outcome"])
FORGED = Counter("siaga_forged_total", "Webhook calls with a wrong signature or token", ["channel"])
ANSWER_SECONDS = Histogram(
    "siaga_answer_seconds", "From taking a message in to sending its answer",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60),
)  # fmt: skip
