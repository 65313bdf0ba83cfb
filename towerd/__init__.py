"""towerd: runs an unmanned car vending tower. It decides, sequences, refuses and records; the PLC keeps people safe."""

__version__ = "0.1.0"
