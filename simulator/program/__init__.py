"""The PLC program: what a supplier would write from plc-if.md."""
