"""The commands `towerd` (the service and its files) and `towerctl` (a running tower)."""
