import os

from sandpiper import Client, SandpiperError

jobs = Client(os.environ["SANDPIPER_URL"]).jobs

job = jobs.create({"image_url": "https://example.com/dog.jpg"})
try:
    jobs.create({"image_url": "no address"})
except SandpiperError as error:
    print(error.status, error.code, error.details[0]["loc"])

# A worker, here or anywhere else.
jobs.set_status(job["job_id"], "processing", warnings=["low resolution"])
jobs.submit_result(job["job_id"], {"captions": [{"text": "a dog", "confidence": 0.9}]})
done = jobs.wait(job["job_id"])
print(done["status"], done["warnings"], done["response_payload"]["captions"][0]["text"])
print(any(other["job_id"] == job["job_id"] for other in jobs.list(status="completed")))
