"""Links to devices, and the only place that knows pyserial and bleak.

A link moves bytes or characteristic values and says when it is lost; it knows nothing of what they mean.
"""
