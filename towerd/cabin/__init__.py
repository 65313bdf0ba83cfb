"""The transfer cabins: their doors and sensors, and how a car is handed over."""
