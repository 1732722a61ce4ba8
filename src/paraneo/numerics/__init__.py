"""Arrays only, no subject matter: each numerical idea of the package, once.

``arrays``
    The types that kernels take and give.
``calendar``
    Dates, birthdays and fractions of a year.
``newton``, ``roots``, ``random_effects``
    Maxima, roots and the variance between studies.
``poisson_limits``
    Confidence limits of a Poisson mean.
``splines``
    Natural cubic splines.
``rng``
    Random streams that depend on what they are for.
"""
