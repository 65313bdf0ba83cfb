"""A small shop over several towers, for people who want to click through a whole visit: a stand-in, its accounts are made up.

`python -m simulator.shop` serves it. It stands where the order platform stands: it signs, seals and sends what
orders-if.md says, and knows of the towers what they publish. `desk.py` is what its pages are built on.
"""
