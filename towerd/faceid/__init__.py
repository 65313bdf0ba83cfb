"""Faces: what a camera sees, whom it may be, and how sure that is."""
