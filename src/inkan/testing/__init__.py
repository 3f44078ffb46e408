"""Test helpers that ship: a contract suite for each port, a TUF owner, a clock that stands still."""
