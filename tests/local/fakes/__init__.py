"""Stand-ins for the parts, as narrow as the supervisor can tell: counters, heartbeats, signals."""
