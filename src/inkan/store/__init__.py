"""What is kept. Bytes (blobs, uploads) and facts (catalog, trust data, accounts, keys) are different stores."""
