"""The Update Framework as Notary v1 speaks it. Pure: bytes and values in, values and errors out; "now" is an argument."""
