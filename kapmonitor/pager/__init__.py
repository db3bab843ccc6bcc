"""What a pager is, without wires and screens: pages come in, receipts and lines to show come out. Pure.

`facts` is what a pager keeps, `box` what follows from it, `pulse` judges the link to the service, `face` is
what a person sees and presses, `screen` draws it. `kapmonitor.handset` puts them on a terminal.
"""
