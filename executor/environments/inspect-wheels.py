"""Describes wheels without unpacking them: prints a JSON list; what is wrong with one stands in `problem`."""

import email
import json
import os
import re
import stat
import sys
import zipfile


def problem_of(entries):
    seen = set()
    for entry in entries:
        name = entry.filename
        # zipfile cuts a name at a NUL and turns backslashes, so the name as it is written counts.
        written = entry.orig_filename
        parts = written.replace("\\", "/").split("/")
        if "\\" in written or "\0" in written or written.startswith("/") or ".." in parts:
            return f"the entry {written!r} would lie outside"
        if stat.S_ISLNK(entry.external_attr >> 16):
            return f"the entry {written!r} is a link"
        if name in seen:
            return f"the entry {written!r} is there twice"
        seen.add(name)
    return None


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def other_than_named(about):
    """What was pinned is what the file's name says, so that is what has to be in it."""
    name, version = about["file"].split("-")[:2]
    if plain(name) == plain(about["name"]) and plain(version) == plain(about["version"]):
        return None
    return f"its METADATA says {about['name'][:100]} {about['version'][:100]}"


def describe(path):
    about = {"file": os.path.basename(path), "name": "", "version": "", "bytes": 0, "files": {}, "problem": None}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            about["problem"] = problem_of(entries)
            about["bytes"] = sum(entry.file_size for entry in entries)
            about["files"] = {e.filename: e.CRC for e in entries if not e.is_dir()}
            found = [n for n in about["files"] if n.count("/") == 1 and n.endswith(".dist-info/METADATA")]
            if len(found) != 1:
                about["problem"] = about["problem"] or "it has no METADATA"
            elif archive.getinfo(found[0]).file_size > 16 * 1024 * 1024:
                about["problem"] = "its METADATA is too large"
            else:
                text = archive.read(found[0]).decode("utf-8", "replace")
                fields = email.message_from_string(text)
                about["name"], about["version"] = fields.get("Name", ""), fields.get("Version", "")
                about["problem"] = about["problem"] or other_than_named(about)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError) as error:
        about["problem"] = f"it is no whole zip: {error}"
    return about


json.dump([describe(path) for path in sys.argv[1:]], sys.stdout)
