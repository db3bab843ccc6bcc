"""Sessions in the formats of others: CSV, EDF+ and FHIR R4. Pure: a `History` in, the bytes of files out.

By default nothing here says who the client is or what people wrote in their own words; `share` is the place
that decides it for all three formats.
"""
