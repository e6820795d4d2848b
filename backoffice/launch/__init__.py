"""What `make run` starts, watches and stops. Knows processes and servers; nothing of the business."""
