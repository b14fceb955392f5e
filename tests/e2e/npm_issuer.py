"""npm's oidc-provider on loopback, started by a test: see oidc/issuer.mjs."""
import base64
import json
import os
import subprocess
import urllib.parse
import urllib.request

import npm
from avowtest import SOURCE

AUDIENCE = "https://attest.azure.net"


class NpmIssuer:
    """Raises Skip where npm or the registry is absent."""

    def __init__(self):
        home = npm.install(os.path.join(SOURCE, "tests", "e2e", "oidc"), "oidc-provider", "issuer.mjs")
        self.node = subprocess.Popen(["node", "issuer.mjs"], cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)
        word, port = self.wait_for("ready").split()
        assert word == "ready"
        self.url = f"http://127.0.0.1:{port}"

    def wait_for(self, word):
        for line in self.node.stdout:
            if line.startswith(word):
                return line
        raise AssertionError("the issuer ended")

    def rotate(self):
        """Another key, of another algorithm."""
        self.node.stdin.write("rotate\n")
        self.node.stdin.flush()
        self.wait_for("rotated")

    def access(self, path, *grants):
        """An access file that takes its tokens alone, at that path; grants: (role, actions, providers)."""
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"management_token": False, "issuers": [{"issuer": self.url, "audiences": [AUDIENCE], "grants": [
                {"role": role, "actions": actions, "providers": providers}
                for role, actions, providers in grants]}]}, f)
        return path

    def token(self, scope, **more):
        """Of the client's own (RFC 6749, 4.4); more: resource, for whom it is."""
        body = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": scope, **more}).encode()
        basic = base64.b64encode(b"ci:for-tests-alone").decode()
        r = urllib.request.Request(self.url + "/token", data=body, headers={"Authorization": "Basic " + basic})
        with urllib.request.urlopen(r, timeout=60) as answer:
            return json.loads(answer.read())["access_token"]

    def close(self):
        self.node.kill()
        self.node.wait()
