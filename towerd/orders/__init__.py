"""Orders, loans and vehicles: what the business of a tower knows and decides."""
