"""The pure core: events in, commands out. Charts as tables behind one façade over `transitions`."""
