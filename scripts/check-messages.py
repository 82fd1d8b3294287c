#!/usr/bin/env python3
"""Reads messages with Python's email package and compares them with what was meant.

usage: check-messages.py FOLDER

FOLDER holds pairs of files: NAME.eml, a whole message, and NAME.json, an object with any of
subject, from, to, text and html. Exits 0 when every message is as meant, 1 when one is not,
2 when it was called wrongly. Line ends are compared as line feeds.
"""

import email
import email.policy
import json
import pathlib
import sys


def differences(raw, expected):
    """Yields a line per thing that is not as it was meant."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for part in message.walk():
        for defect in part.defects:
            yield f"defect in {part.get_content_type()}: {defect!r}"
    for name, value in message.items():
        if message.get_all(name) is not None and len(message.get_all(name)) > 1:
            yield f"{name} is there more than once"
        if getattr(value, "defects", ()):
            yield f"defect in {name}: {value.defects!r}"
    found = {
        "subject": str(message["Subject"]),
        "from": address(message["From"]),
        "to": address(message["To"]),
    }
    parts = list(message.iter_parts())
    if [part.get_content_type() for part in parts] != ["text/plain", "text/html"]:
        yield f"parts are {[part.get_content_type() for part in parts]}"
    else:
        found["text"] = parts[0].get_content()
        found["html"] = parts[1].get_content()
    for key, meant in expected.items():
        # The parser gives a text part a line end of its own.
        is_body = key in ("text", "html")
        is_value = unix(found.get(key, ""))
        if is_value != meant and not (is_body and is_value == meant + "\n"):
            yield f"{key} is {is_value!r}\n  instead of {meant!r}"


def address(header):
    """The one address of a header field."""
    return header.addresses[0].addr_spec if len(header.addresses) == 1 else str(header)


def unix(text):
    """The text with line feeds as line ends."""
    return text.replace("\r\n", "\n")


def main(arguments):
    """Compares every pair of files in the folder."""
    if len(arguments) != 1 or not pathlib.Path(arguments[0]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    files = sorted(pathlib.Path(arguments[0]).glob("*.eml"))
    wrong = 0
    for file in files:
        expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        found = list(differences(file.read_bytes(), expected))
        wrong += bool(found)
        for line in found:
            print(f"{file.name}: {line}")
    if wrong or not files:
        print(f"{wrong} of {len(files)} messages are not as they were meant")
        return 1
    print(f"{len(files)} messages are as they were meant")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
