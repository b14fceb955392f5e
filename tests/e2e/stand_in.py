"""A service of somebody else's, stood in for on loopback: it answers as a test says, and
keeps what it was asked."""
import http.server
import json
import threading


class StandIn:
    """What it gives stands in `answers`, by path: None is 404, a list is given one after
    the other. `asked` has (path, headers, body)."""

    def __init__(self, **answers):
        self.answers = {"/" + path.replace("__", "/"): answer for path, answer in answers.items()}
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.split("?")[0]
                outer.asked.append((path, self.headers, body))
                answer = outer.answers.get(path)
                if isinstance(answer, list):
                    answer = answer.pop(0) if answer else None
                text = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(404 if answer is None else 200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
