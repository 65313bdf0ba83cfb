"""Moving a vehicle from place to place: what comes next, and what came of it. Pure."""
