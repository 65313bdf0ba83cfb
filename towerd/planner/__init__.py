"""What to do next: a pure function of a snapshot (invariant 10)."""
