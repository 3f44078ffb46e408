"""The small HTTP toolkit that every face is built with: plain ASGI, a route table, one place that renders errors."""
