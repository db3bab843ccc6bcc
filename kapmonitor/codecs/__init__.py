"""Bytes to messages and back, one module per wire format; pure: no socket, no clock, no event loop.

Every module has `decode` and `encode` side by side and `observe`, which says what a message means in the
project's quantities; drivers and `kapmonitor decode` share it.
"""

from __future__ import annotations

from kapmonitor.codecs.bci import BCI
from kapmonitor.codecs.blood_pressure import BLOOD_PRESSURE, CUFF_PRESSURE
from kapmonitor.codecs.contec_cms50 import CMS50_5, CMS50_9
from kapmonitor.codecs.contec_cms50d_bt import CMS50D_BT
from kapmonitor.codecs.heart_rate import HEART_RATE
from kapmonitor.codecs.masimo_ascii import MASIMO_ASCII
from kapmonitor.codecs.medlab_stx import MEDLAB_STX
from kapmonitor.codecs.nonin_ascii import NONIN_ASCII
from kapmonitor.codecs.nonin_ble import NONIN_BLE
from kapmonitor.codecs.nonin_df2 import NONIN_DF2
from kapmonitor.codecs.nonin_df7 import NONIN_DF7
from kapmonitor.codecs.polar_pmd import POLAR_PMD
from kapmonitor.codecs.pulse_oximeter import PLX_CONTINUOUS, PLX_SPOT
from kapmonitor.codecs.stream import Format
from kapmonitor.codecs.suntech import SUNTECH
from kapmonitor.codecs.viatom_o2ring import VIATOM_O2RING
from kapmonitor.codecs.viatom_pc60 import VIATOM_PC60

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        HEART_RATE,
        PLX_CONTINUOUS,
        PLX_SPOT,
        BLOOD_PRESSURE,
        CUFF_PRESSURE,
        CMS50_5,
        CMS50_9,
        SUNTECH,
        NONIN_DF2,
        NONIN_ASCII,
        MASIMO_ASCII,
        MEDLAB_STX,
        BCI,
        VIATOM_PC60,
        CMS50D_BT,
        POLAR_PMD,
        NONIN_DF7,
        NONIN_BLE,
        VIATOM_O2RING,
    )
}
