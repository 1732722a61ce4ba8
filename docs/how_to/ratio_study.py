"""Coverage of the limits of an incidence ratio: here, in processes, on a Dask cluster, by MPI."""

import sys
from concurrent.futures import ProcessPoolExecutor

from paraneo import incidence_ratios, person_years, rate_table
from paraneo.simulation import PiecewiseRatio, simulated_cohort, simulation_study

RATES = rate_table({"age": [0, 50, 70], "rate": [0.002, 0.01, 0.02]}, rate="rate")
SCENARIOS = [{"key": 1, "people": 100}, {"key": 2, "people": 500}]


def cohorts(streams, people):
    return simulated_cohort(
        people, rng=streams, rates=RATES, mortality=0.02, excess=PiecewiseRatio([0], [2])
    ).data


def ratio(data):
    table = person_years(
        data, birth="birth", entry="entry", exit="exit", event="cancer", rates=RATES, by="replicate"
    )
    found = incidence_ratios(table, by="replicate").summary()
    return found[["replicate", "estimate", "lower", "upper"]]


def study(executor=None, checkpoint=None):
    return simulation_study(
        SCENARIOS,
        cohorts,
        [ratio],
        replicates=1000,
        seed=2026,
        batch=100,
        executor=executor,
        checkpoint=checkpoint,
    )


def main(file, where="here", *more):
    if where == "processes":
        with ProcessPoolExecutor(int(more[0])) as pool:
            done = study(pool)
    elif where == "dask":
        from distributed import Client

        with Client(more[0]) as client:
            done = study(client.get_executor())
    elif where == "mpi":
        from mpi4py.futures import MPIPoolExecutor

        with MPIPoolExecutor() as pool:
            done = study(pool)
    else:
        done = study()
    done.write(file)
    print(done.performance(truth=2.0).wide("coverage"))


if __name__ == "__main__":
    main(*sys.argv[1:])
