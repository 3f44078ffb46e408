"""One file for each verb or small noun."""
