"""Work behind the pages: queues, the doorbell, handlers, the periodic table."""
