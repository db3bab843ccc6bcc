"""Numbers for eyes: smoothed vitals and beat-to-beat variability. Alarms never read what is made here.

Pure: time is an argument. Invalid and missing values are not put in at all, and nothing is shown longer
than its quantity's `fresh_s`, so smoothing neither invents a value nor keeps one that is over.
"""

from kapmonitor.smoothing.ring import Smoothed, Smoother
from kapmonitor.smoothing.rr import RrVariability, Variability

__all__ = ["RrVariability", "Smoothed", "Smoother", "Variability"]
