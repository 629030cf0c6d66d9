import { jsonText } from "../../domain/typed-jobs/json.ts";
import { SETTINGS_BYTES, utf8Bytes } from "../../domain/typed-jobs/limits.ts";
import { fittingFields, type SettingsRecord } from "../../domain/typed-jobs/settings.ts";
import { zonedDatetime } from "../../domain/typed-jobs/zone.ts";
import { type FieldError, fieldErrors } from "../../wire/typed-jobs.ts";
import { objectOf } from "./body.ts";
import type { ObjectModel } from "./config.ts";
import {
  type JobsHandler,
  type JobsOperation,
  type JobsRequest,
  jsonAnswer,
  problem,
  unfit,
} from "./respond.ts";
import { json, problems } from "./schemas.ts";

/** The server owns this member; a client that sends it back with the rest changes nothing by it. */
const UPDATED = "updated_datetime";
const MERGE_TRIES = 5;

const flat = (request: JobsRequest, values: unknown, record: SettingsRecord): Record<string, unknown> => ({
  ...JSON.parse(jsonText(values)),
  [UPDATED]: zonedDatetime(record.updatedAtMs, request.deps.zone),
});

const valuesOf = (model: ObjectModel, record: SettingsRecord): unknown => {
  const outcome = model.safeParse(fittingFields(model, record));
  return outcome.success ? outcome.data : model.parse({});
};

const shown = (request: JobsRequest, model: ObjectModel, record: SettingsRecord): Record<string, unknown> =>
  flat(request, valuesOf(model, record), record);

/** The settings that a new job keeps a copy of, as JSON text; null without a model. */
export const settingsSnapshot = async (request: JobsRequest): Promise<string | null> => {
  const { settings: model } = request.definition;
  return model === null
    ? null
    : jsonText(shown(request, model, await request.deps.objects.settings().recentSettings()));
};

const noSettings = ({ c }: JobsRequest): Response => problem(c, 404, "This service has no settings");

const getSettings: JobsHandler = async (request) => {
  const { settings: model } = request.definition;
  if (model === null) return noSettings(request);
  const record = await request.deps.objects.settings().readSettings();
  return jsonAnswer(request, shown(request, model, record), 200);
};

const unknownFields = (model: ObjectModel, fields: Record<string, unknown>): FieldError[] =>
  Object.keys(fields).every((name) => Object.hasOwn(model.shape, name))
    ? []
    : [
        {
          type: "unrecognized_keys",
          loc: [],
          msg: `Unknown fields are not allowed; known are ${Object.keys(model.shape).join(", ")}`,
        },
      ];

/** Tries the merge on the present record; null when another one came between. */
const merge = async (
  request: JobsRequest,
  model: ObjectModel,
  fields: Record<string, unknown>,
): Promise<Response | null> => {
  const { c, deps } = request;
  const settings = deps.objects.settings();
  const present = await settings.readSettings();
  const outcome = await model.safeParseAsync({ ...fittingFields(model, present), ...fields });
  if (!outcome.success) return unfit(c, fieldErrors(outcome.error));
  if (utf8Bytes(jsonText(outcome.data)) > SETTINGS_BYTES) return problem(c, 413, "Settings end at 64 KiB");
  const merged = await settings.mergeSettings(jsonText(fields), present.version);
  return merged === null ? null : jsonAnswer(request, flat(request, outcome.data, merged), 202);
};

const patchSettings: JobsHandler = async (request) => {
  const { c, definition, caller } = request;
  const { settings: model } = definition;
  if (model === null) return noSettings(request);
  if (!caller.worksForAll)
    return problem(c, 403, "The settings hold for the jobs of all; only a key for work may change them");
  const body = await objectOf(request);
  if (body instanceof Response) return body;
  const { [UPDATED]: _owned, ...fields } = body;
  const unknown = unknownFields(model, fields);
  if (unknown.length > 0) return unfit(c, unknown);
  for (let tried = 0; tried < MERGE_TRIES; tried += 1) {
    const answer = await merge(request, model, fields);
    if (answer !== null) return answer;
  }
  return problem(c, 503, "The settings change too often now");
};

export const readSettings: JobsOperation = {
  contract: (schemas) => ({
    method: "get",
    path: "/settings",
    operationId: "settingsGet",
    tags: ["settings"],
    summary: "Get the settings",
    responses: { 200: { description: "The settings", content: json(schemas.settings) } },
  }),
  handler: getSettings,
};

export const changeSettings: JobsOperation = {
  contract: (schemas) => ({
    method: "patch",
    path: "/settings",
    operationId: "settingsPatch",
    tags: ["settings"],
    summary: "Change some of the settings",
    request: { body: { required: true, content: json(schemas.settingsPatch) } },
    responses: {
      202: { description: "The settings as they are now", content: json(schemas.settings) },
      ...problems(413, 415, 422),
    },
  }),
  handler: patchSettings,
};
