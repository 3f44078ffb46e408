"""The Open Container Initiative's words as values: digests, references, manifests. Pure: no clock, no disk, no network."""
