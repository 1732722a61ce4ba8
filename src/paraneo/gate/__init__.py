"""What comes in: tables, files, formulas and single arguments, each read in one place.

Everything that can be misread is caught here, once, and reported in the caller's own words.

``tables``, ``gathered``
    Any table in memory, a plan or a stream of one: columns in, arrays out.
``files``, ``delimited``, ``databases``
    Tables in files, CSV among them, and the answers of databases.
``written_numbers``, ``written_ages``, ``missing_marks``
    Text as people write it: numbers, bands of age and period, marks of missing values.
``guards``, ``doubts``
    What every verb that reads cases, people and rates refuses, and what it warns of.
``events``, ``groups``
    Which rows have an event, and the groups that ``by`` makes.
``formulas``
    Model formulas: columns in, design matrices out.
``arguments``, ``kinds``, ``verbs``
    Single numbers, levels and option words; what kind of thing each argument is.
``writing``
    Files out, whole or not at all, and nothing in them that a spreadsheet runs.
"""
