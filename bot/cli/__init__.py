"""The commands of `siaga`, one file a subject."""
