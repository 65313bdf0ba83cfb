"""The carriage: lift, turntable and fork, what it carries, and how long its moves take."""
