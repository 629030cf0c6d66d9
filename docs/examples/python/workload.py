import os

from sandpiper import Client

checksums = Client(os.environ["SANDPIPER_URL"]).workload("files/checksum/sha256")

job = checksums.create()
seen: list[int] = []
part = job["uploads"][0]["name"]
checksums.upload(job, {part: b"hello\n" * 100_000}, lambda name, sent, total: seen.append(sent * 100 // total))
print(checksums.wait(job["job_id"])["status"], len(seen) > 2, seen[-1])
print(checksums.read(job["job_id"])[:16].decode())
