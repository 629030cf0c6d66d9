import os

from sandpiper import Client

client = Client(os.environ["SANDPIPER_URL"])

result = client.run(
    "import sys\nprint('hello')\nprint('oops', file=sys.stderr)\nopen('made.txt', 'w').write('made')",
    outputs=["*.txt"],
)
print(result.exit_code, result.stdout.strip(), result.stderr.strip(), result.outputs)
print(client.read(result.id, "made.txt").decode())
