"""Running clips through networks: in this process, in worker processes, on a cluster."""
