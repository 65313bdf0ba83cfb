"""towerd."""
