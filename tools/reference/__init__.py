"""The reference in docs/reference, made from the program itself: `python -m tools.reference`, `--check` for drift."""
