"""The composition root: the only place that builds drivers, simulators and the service around them.

`service` is one running site; `equipment` makes supervisors of configured devices; `simulation` makes
simulators of the same; `demo` is all of it in one process, with a broker of its own.
"""
