"""The demo: one visit after the other, from the order to the car that has left, with every part a process of its own.

`python -m simulator.demo` starts broker, PLC, camera, order platform and towerd, tells the story on them, and sums it up.
It speaks to towerd as anybody may: over MQTT, over its local API, and by its commands.
"""
