"""Runs the tests against a Tillgate of their own.

Fails when a test does, and when a request breaks the contract, of which Tillgate tells on standard error as it ends.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_LIMIT_SECONDS = 60


def started(tillgate: subprocess.Popen, env_file: Path) -> dict[str, str]:
    """The variables of the file, which is there when the service answers."""
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while not env_file.exists():
        if tillgate.poll() is not None:
            sys.exit(f"Tillgate ended with {tillgate.returncode} before the tests")
        if time.monotonic() > deadline:
            sys.exit("Tillgate has not started")
        time.sleep(0.01)
    return dict(line.split("=", 1) for line in env_file.read_text().splitlines())


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="shop-") as directory:
        env_file = Path(directory) / "tillgate.env"
        command = [os.environ.get("TILLGATE_BIN", "tillgate"), "serve", "--ephemeral", "--strict"]
        command += ["--seed", "1", "--fixtures", "fixtures.json", "--env-file", str(env_file)]
        command += ["--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0"]
        environment = os.environ | {"RUST_LOG": "error"}
        tillgate = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        try:
            variables = started(tillgate, env_file)
            tests = [sys.executable, "-m", "unittest", "--verbose", "test_shop"]
            tests_failed = subprocess.run(tests, env=os.environ | variables, check=False).returncode != 0
        finally:
            tillgate.terminate()
            contract_broken = tillgate.wait() != 0
    return 1 if tests_failed or contract_broken else 0


if __name__ == "__main__":
    sys.exit(main())
