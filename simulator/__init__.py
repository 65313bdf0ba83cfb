"""A simulated tower: plant, PLC program and Modbus server. It shares with towerd the register table and nothing else."""
