"""The bays around the shaft: what is in them, their locks, and which one to choose."""
