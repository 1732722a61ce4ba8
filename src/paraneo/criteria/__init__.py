"""Published criteria: whether it is the disease, whether it is paraneoplastic, how high the risk.

Which one to use when: `bohan_peter_1975` and `eular_acr_2017` say whether somebody has
dermatomyositis or another inflammatory myopathy, `pns_2004` whether the syndrome is
paraneoplastic, `imacs_2023` which risk of cancer a person with myositis runs and which
visits are asked for. An item that is not known is not taken as absent: the results say
which such items could change the class. All are for research, not for the care of a person.
"""

from .bohan_peter import BohanPeter1975, bohan_peter_1975
from .eular_acr import ClassificationScore, EularAcr2017, eular_acr_2017
from .imacs import Imacs2023, imacs_2023
from .paraneoplastic import Pns2004, pns_2004

__all__ = [
    "BohanPeter1975",
    "ClassificationScore",
    "EularAcr2017",
    "Imacs2023",
    "Pns2004",
    "bohan_peter_1975",
    "eular_acr_2017",
    "imacs_2023",
    "pns_2004",
]
