"""What wears: how often each device has worked, how long it takes, when it is due. Pure."""
