"""Who fails too often stays away for a while, and nobody else."""

from sync_governance.core.security.failures import Failures


def test_so_many_failures_and_the_door_is_shut_until_the_window_ends():
    now = [100.0]
    failures = Failures(3, 60.0, clock=lambda: now[0])
    for _time in range(2):
        failures.count("a")
        assert failures.wait("a") == 0
    now[0] += 20.5
    failures.count("a")
    assert failures.wait("a") == 40
    assert failures.wait("b") == 0
    now[0] += 39.5
    assert failures.wait("a") == 0
    failures.count("a")
    assert failures.wait("a") == 0, "a new window"


def test_many_names_do_not_fill_the_memory():
    failures = Failures(1, 60.0, names=10)
    for number in range(1000):
        failures.count(number)
    assert len(failures._counts) == 10
    assert failures.wait(999) and not failures.wait(0)
