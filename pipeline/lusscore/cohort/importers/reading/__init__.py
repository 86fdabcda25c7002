"""Reading what people write in tables and exports: columns, zones, scores, visits, clips."""
