"""Condition photos: what the cameras of a cabin saw of a car before it left with its customer, and when it came back."""
