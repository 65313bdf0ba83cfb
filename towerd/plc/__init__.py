"""The PLC interface: register table, codec, snapshot, and the link that speaks Modbus."""
