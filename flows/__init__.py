"""The dialogue of Kutim Siaga: pure functions over frozen data, standard library only."""
