"""Tools of the project itself; nothing of them is installed."""
