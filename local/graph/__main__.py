"""`python -m local.graph`: runs the simulator until it is interrupted."""

import argparse
import time

from local.graph.app import create_app
from local.graph.wire import create_server


def main() -> None:
    """Reads the command line and serves. Meant for the loopback interface: whoever reaches it sees all events."""
    parser = argparse.ArgumentParser(prog="python -m local.graph", description="A stand-in for Meta's Conversions API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4599)
    options = parser.parse_args()
    print(f"Graph simulator and its page: http://{options.host}:{options.port}/", flush=True)
    create_server(create_app(time.time), options.host, options.port).run()


if __name__ == "__main__":
    main()
