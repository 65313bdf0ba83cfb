"""Measuring the engines of faces: `towerd face bench` and `towerd face calibrate`. The daemon never imports it."""
