import { relativePath, UPLOAD_LIMITS } from "../../uploads/index.ts";
import { INPUT_BYTES } from "../../wire/limits.ts";
import { environmentName } from "../../wire/vocabulary.ts";
import type { ResolvedFunction, ResolvedProgram, Workload } from "./types.ts";

const SEGMENT = "[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?";
const PATH = new RegExp(`^${SEGMENT}/${SEGMENT}/${SEGMENT}$`);
/** Harmless as a file's name, in a key, and in a header, and never read as a list's index. */
const FILE_NAME = /^[A-Za-z_][A-Za-z0-9._-]{0,99}$/;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;
const ENTITY = /^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/;
const MIB = 1_048_576;
const PUT_BYTES = 5 * 1_024 * MIB;
/** What one sandbox may hold (src/wire/attempt.ts). */
const WORKSPACE_BYTES = 64 * INPUT_BYTES;

/** Members of a job or of a request that a param would hide. */
const RESERVED: ReadonlySet<string> = new Set([
  "@entity",
  ...["job_id", "id", "status", "created_at", "updated_at", "url", "uploads", "outputs", "waiting_for"],
  "cancel_requested",
  ...["error", "log_tail", "files_deleted_at", "webhook_url", "webhook_secret", "webhooks"],
  ...["from_date", "to_date", "page_size", "last_evaluated_key"],
]);

const within = (what: string, value: number, max: number): string[] =>
  Number.isInteger(value) && value > 0 && value <= max ? [] : [`${what} must be a whole number up to ${max}`];

const isPlainPath = (path: string): boolean => {
  const outcome = relativePath(path, false, UPLOAD_LIMITS);
  return outcome.kind === "ok" && outcome.path === path;
};

const programProblems = ({ inputs }: Workload, process: ResolvedProgram): string[] => {
  const { limits, files, entrypoint, environment } = process;
  const names = Object.keys(files);
  const ownBytes = inputs.reduce((sum, { maxBytes }) => sum + maxBytes, limits.workspaceMb * MIB);
  return [
    ...names.filter((name) => !isPlainPath(name)).map((name) => `the source file ${name} has no plain path`),
    ...names
      .filter((name) => /^(params\.json$|inputs\/|outputs\/)/.test(name))
      .map((name) => `the source file ${name} is in the way of what the job gets there`),
    ...(names.includes(entrypoint) ? [] : [`the entrypoint ${entrypoint} is not among its files`]),
    ...(environmentName.safeParse(environment).success ? [] : ["environment is not a name"]),
    ...within("limits.timeoutSeconds", limits.timeoutSeconds, 900),
    ...within("limits.cpuSeconds", limits.cpuSeconds, 900),
    ...within("limits.memoryMb", limits.memoryMb, 4_096),
    ...within("limits.workspaceMb", limits.workspaceMb, 1_024),
    ...(ownBytes <= WORKSPACE_BYTES
      ? []
      : [`maxBytes of all inputs and the workspace are over ${WORKSPACE_BYTES} together`]),
  ];
};

const processProblems = (workload: Workload, process: ResolvedProgram | ResolvedFunction): string[] =>
  process.kind === "program"
    ? programProblems(workload, process)
    : within("timeoutSeconds", process.timeoutMs / 1_000, 840);

const isListed = (types: readonly string[]): boolean => types.every((type) => MEDIA_TYPE.test(type));

/** Everything that is wrong with a workload by itself. */
export const problemsOf = (workload: Workload): string[] => {
  const { path, entity, params, inputs, outputs, process } = workload;
  const names = [...inputs, ...outputs].map(({ name }) => name);
  return [
    ...(PATH.test(path) ? [] : ["path must have three segments of lower case, digits and -"]),
    ...(ENTITY.test(entity) ? [] : ["entity must be words of lower case, digits and _, separated by dots"]),
    ...Object.keys(params.shape)
      .filter((name) => RESERVED.has(name))
      .map((name) => `the param ${name} would hide a member of that name`),
    ...(inputs.length === 0 ? ["it takes no upload; a typed job fits better"] : []),
    ...(outputs.length === 0 ? ["it has no output"] : []),
    ...names.filter((name) => !FILE_NAME.test(name)).map((name) => `${name} is no plain file name`),
    ...(inputs.some(({ isRequired }) => isRequired)
      ? []
      : ["no input is required, so nothing would start it"]),
    ...inputs.flatMap(({ name, maxBytes }) => within(`maxBytes of ${name}`, maxBytes, PUT_BYTES)),
    ...inputs
      .filter(({ contentTypes }) => !isListed(contentTypes))
      .map(({ name }) => `contentTypes of ${name} must be media types in lower case, without parameters`),
    ...processProblems(workload, process),
  ];
};

/**
 * Checks the workloads against each other and against what else is served; `fixedRoutes` are the paths of
 * all other routes.
 * @throws Error that names each clash.
 */
export const checkWorkloads = (workloads: readonly Workload[], fixedRoutes: readonly string[]): void => {
  const taken = new Set(fixedRoutes.map((route) => route.split("/")[1] ?? ""));
  const paths = workloads.map(({ path }) => path);
  const problems = [
    ...paths
      .filter((path, index) => paths.indexOf(path) !== index)
      .map((path) => `${path} is declared more than once`),
    ...paths
      .filter((path) => taken.has(path.split("/")[0] ?? ""))
      .map((path) => `/${path} is in the way of the routes below /${path.split("/")[0]}`),
  ];
  if (problems.length > 0) throw new Error(`The workloads cannot be served: ${problems.join("; ")}`);
};
