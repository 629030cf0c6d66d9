import type { Command } from "commander";
import { addDeploy } from "./deploy-command.ts";
import { addDestroy } from "./destroy-command.ts";
import { addDoctor } from "./doctor-command.ts";
import { addImage } from "./image-command.ts";
import { addPackage } from "./package-command.ts";
import { addStatus } from "./status-command.ts";
import { addTemplate } from "./template-command.ts";
import { addUpdate } from "./update-command.ts";

/** What makes, changes, describes and ends a deployment on Cloudflare. */
export const addDeployCommands = (program: Command): void => {
  for (const add of [
    addDeploy,
    addUpdate,
    addDestroy,
    addPackage,
    addTemplate,
    addImage,
    addStatus,
    addDoctor,
  ])
    add(program);
};
