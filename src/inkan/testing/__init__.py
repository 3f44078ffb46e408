"""Test helpers that ship: port contracts, a TUF owner, a fixed clock, the whole server in one process."""
