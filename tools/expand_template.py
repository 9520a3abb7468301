"""Print template.yaml as the CloudFormation that SAM makes of it, for linters that do not read SAM.

Needs the SAM CLI's environment (`tools/sam.txt`), and the network for nothing. Takes no arguments. Local code paths are
replaced by a stand-in address, because the transform accepts only uploaded code.
"""

import json
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse  # type: ignore[import-not-found]
from samtranslator.parser.parser import Parser  # type: ignore[import-not-found]
from samtranslator.translator.translator import Translator  # type: ignore[import-not-found]

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
UPLOADED = "s3://example-bucket/code.zip"
CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def main() -> None:
    """Write the expansion to standard output as JSON."""
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] in CODE:
            resource["Properties"][CODE[resource["Type"]]] = UPLOADED
    defaults = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    expanded = Translator({}, Parser()).translate(template, defaults)
    json.dump(expanded, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
