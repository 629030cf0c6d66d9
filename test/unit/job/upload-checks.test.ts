import { expect, it } from "vitest";
import { judgeUploads } from "../../../src/domain/job/upload-checks.ts";

it.each([[[]], [["multipart/form-data", "text/csv"]]])(
  "an upload that is a form is refused with that reason, whatever the part takes: %j",
  (contentTypes) => {
    const part = { name: "data.csv", key: "k", contentTypes, maxBytes: 100, isRequired: true };
    const object = { sizeBytes: 5, etag: "e", contentType: "multipart/form-data; boundary=x" };
    expect(judgeUploads({ parts: [part], untilMs: 1, checkAtMs: 1 }, [object])).toEqual({
      kind: "refused",
      message: "data.csv was uploaded as a form (multipart/form-data); PUT the file's bytes themselves",
    });
  },
);
