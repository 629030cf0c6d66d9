import os
import tempfile
from pathlib import Path

from sandpiper import Client

client = Client(os.environ["SANDPIPER_URL"])

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "data").mkdir()
    (folder / "data/names.txt").write_text("Oslo\nLima\n")
    (folder / "main.py").write_text(
        "import time\n"
        "for name in open('data/names.txt'):\n"
        "    print(name, end='', flush=True)\n"
        "    time.sleep(0.3)\n"
        "open('done.txt', 'w').write('done')\n"
    )
    id = client.submit(folder=folder, entrypoint="main.py")
    for record in client.logs(id):
        print(record.seq, record.stream, record.data.strip())
    print(client.wait(id)["status"], client.outputs(id)["files"])
    print(client.download(id, "done.txt", folder / "got/done.txt").read_text())
