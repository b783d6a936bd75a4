"""Ingest and build a small bank on a standalone Spark cluster: a master, two workers, loopback.

    python benchmarks/spark_standalone.py [CUSTOMERS [TRANSACTIONS]]

Starts the cluster with `spark-class` of the installed pyspark, runs `fa ingest` and `fa build`
against it in a temporary folder, says how long each took, and stops the cluster.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyspark

HOST = "127.0.0.1"
WORKERS = 2
START_SECONDS = 60


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def spark_class(name: str, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
    """Start a class of Spark in a process of its own."""
    home = Path(pyspark.__file__).parent
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": HOST,
        "PYSPARK_PYTHON": sys.executable,
    }
    with log.open("wb") as file:
        return subprocess.Popen(
            [str(home / "bin" / "spark-class"), name, *arguments],
            stdout=file, stderr=subprocess.STDOUT, env=environment,
        )  # fmt: skip


def wait_for(log: Path, text: str) -> None:
    """Wait until a log says so."""
    end = time.monotonic() + START_SECONDS
    while text not in log.read_text(errors="replace"):
        if time.monotonic() > end:
            raise TimeoutError(f"{log.name} never said {text!r}:\n{log.read_text()[-2000:]}")
        time.sleep(0.2)


def timed(label: str, *arguments: str, env: dict[str, str]) -> None:
    """Run `fa` and print its wall time."""
    start = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "financial_analytics.cli", *arguments], env=env, check=True
    )
    print(f"{label:<22} {time.monotonic() - start:7.1f} s", flush=True)


def main() -> None:
    """Start the cluster, run the small bank on it, stop it."""
    customers, transactions = (sys.argv[1:] + ["200", "6000"][len(sys.argv) - 1 :])[:2]
    port, ui_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="spark-standalone-") as folder:
        home = Path(folder)
        logs = [home / "master.log", *(home / f"worker{n}.log" for n in range(WORKERS))]
        processes = [
            spark_class(
                "org.apache.spark.deploy.master.Master",
                *("--host", HOST, "--port", str(port), "--webui-port", str(ui_port)),
                log=logs[0],
            )
        ]
        try:
            wait_for(logs[0], "I have been elected leader")
            for number, log in enumerate(logs[1:]):
                processes.append(
                    spark_class(
                        "org.apache.spark.deploy.worker.Worker",
                        *("--host", HOST, "--cores", "1", "--memory", "1g"),
                        *("--webui-port", str(free_port()), "--work-dir", str(home / f"w{number}")),
                        f"spark://{HOST}:{port}",
                        log=log,
                    )
                )
            for log in logs[1:]:
                wait_for(log, "Successfully registered with master")
            env = os.environ | {
                "FA_DATA_DIR": str(home / "data"),
                "FA_SPARK_MASTER": f"spark://{HOST}:{port}",
                "FA_SPARK_CONF": "spark.executor.memory=768m "
                + os.environ.get("FA_SPARK_CONF", ""),
                "FA_PERSIST_DOCS": "false",
            }
            bank = str(home / "bank")
            timed("generate", "generate", bank, "--customers", customers, "--transactions",
                  transactions, env=env)  # fmt: skip
            timed("ingest", "ingest", f"{bank}/full", "--target", "spark", env=env)
            timed("build", "build", "--no-tests", "--target", "spark", env=env)
            used = sum("Asked to launch executor" in log.read_text() for log in logs[1:])
            print(f"workers that ran executors: {used} of {WORKERS}")
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                process.wait(timeout=START_SECONDS)


if __name__ == "__main__":
    main()
