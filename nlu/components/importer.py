"""Rasa importer: the authors' files without the held-back development set."""

from __future__ import annotations

from rasa.shared.importers.rasa import RasaFileImporter

HELD_BACK = "dev"


class AuthorsImporter(RasaFileImporter):
    """Reads all NLU files but those in a folder named `dev`, so that a plain `rasa train nlu` never learns them.

    A development file that is named itself is read.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        taught = [path for path in self._nlu_files if HELD_BACK not in path.replace("\\", "/").split("/")[:-1]]
        self._nlu_files = taught or self._nlu_files
