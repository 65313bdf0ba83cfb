"""A suite of checks for any PLC that should keep the PLC interface 1.0. The daemon does not know it."""
