"""A service under measurement, and the closed-loop load that is put on it."""
import json
import os
import re
import shutil
import signal
import subprocess
import time


def pin(core):
    return ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []


def middle(values):
    return sorted(values)[len(values) // 2]


class Server:
    """core: the one it is pinned to, with one worker; None: all of them, a worker each."""

    def __init__(self, build, folder, core, *args):
        workers = "1" if core is not None else str(os.cpu_count())
        started = time.monotonic()
        self.build, self.folder, self.core = build, folder, core
        self.log = open(os.path.join(folder, "log"), "wb")
        self.process = subprocess.Popen(
            [*pin(core), os.path.join(build, "src/daemon/avowd"), "--data", os.path.join(folder, "data"),
             "--listen", "127.0.0.1:0", "--workers", workers, *args], stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().decode()
        self.token = None
        if line.startswith("management token: "):
            self.token = line.split()[2]
            line = self.process.stdout.readline().decode()
        self.start_ms = (time.monotonic() - started) * 1000
        self.url = re.match(r"ready: (\S+)", line).group(1)
        self.port = int(self.url.rsplit(":", 1)[1])

    def load(self, path, body, connections, seconds, *more, ca="none"):
        """The command of a load; it runs where the server does not, if that is pinned."""
        return [*pin(1 if self.core == 0 else None), os.path.join(self.build, "bench/bench_load"),
                self.url + path + "?api-version=2022-08-01", body, str(connections), str(seconds), ca, *more]

    def run(self, *args, **more):
        """What a load gives: {"requests", "failed", "ms", "per_s"}."""
        return json.loads(subprocess.run(self.load(*args, **more), capture_output=True, check=True).stdout)

    def rate(self, *args, **more):
        return self.run(*args, **more)["per_s"]

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.close()
