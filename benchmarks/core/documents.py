"""How many canonical documents one core decodes and validates per second, by document type.

Every example of the catalogue is encoded once; then decoding and validation are timed over and over. Prints the median
of the rounds; the last line is the whole catalogue.
"""

import statistics
import sys
import time
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 9
SECONDS_PER_ROUND = 0.02

package = types.ModuleType("sync_governance")
package.__path__ = [str(ROOT)]
sys.modules.setdefault("sync_governance", package)

from sync_governance.core.canonical import catalogue, validator  # noqa: E402
from sync_governance.core.codecs import codec  # noqa: E402
from sync_governance.core.contracts import validate  # noqa: E402


def per_second(raw: bytes, check) -> float:
    """Documents decoded and validated per second, the median of the rounds."""
    json = codec("json")
    rates = []
    for _ in range(ROUNDS):
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < SECONDS_PER_ROUND:
            faults = validate(check, json.decode(raw))
            if faults:
                raise SystemExit(f"an example does not validate: {faults[0]}")
            count += 1
        rates.append(count / (time.perf_counter() - started))
    return statistics.median(rates)


def main() -> None:
    rates = []
    for name, entry in catalogue().items():
        raw = codec("json").encode(entry.examples[0])
        rates.append(per_second(raw, validator(name)))
        print(f"{name:28} {len(raw):6} bytes {rates[-1]:10.0f} documents/s")
    print(f"{'median of all types':28} {'':12} {statistics.median(rates):10.0f} documents/s")


main()
