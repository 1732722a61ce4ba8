"""What comes in: tables, files, formulas and single arguments, each read in one place.

Everything that can be misread is caught here, once, and reported in the caller's own words.

``tables``
    A frame or a mapping of columns in, arrays out.
``files``
    Tables in files.
``formulas``
    Model formulas: columns in, design matrices out.
``arguments``
    Single numbers, levels and option words.
"""
