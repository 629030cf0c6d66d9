import { randomUUID } from "node:crypto";
import { type Account, hexId } from "./account.ts";
import { type Asked, json, ok, part, refused } from "./answer.ts";

/** The containers' part of the API; its credentials name a registry that nothing here is sent to. */
export const containerRoutes = (account: Account) =>
  [
    [
      "GET",
      "/containers/me",
      () =>
        account.paid
          ? ok({
              external_account_id: account.id,
              legacy_identity: account.id,
              capabilities: [],
              limits: {
                vcpu_per_deployment: 4,
                memory_mib_per_deployment: 12_288,
                memory_per_deployment: "12GiB",
                disk_mb_per_deployment: 20_000,
                total_vcpu: 400,
                total_memory_mib: 1_228_800,
                account_id: account.id,
                node_group: "metal",
                ipv4s: 0,
                network_modes: [],
              },
              defaults: { vcpus: 0.0625, memory_mib: 256, disk_mb: 2000 },
              locations: [],
            })
          : refused(403, 1000, "Containers need the Workers Paid plan."),
    ],
    [
      "POST",
      "/containers/registries/*/credentials",
      (a: Asked) =>
        ok({
          account_id: account.id,
          registry_host: part(a, 0),
          username: "v1",
          password: "registry-password",
        }),
    ],
    ["GET", "/containers/applications", () => ok([...account.applications.values()])],
    [
      "GET",
      "/containers/dash/applications",
      () =>
        ok(
          [...account.applications.values()].map(({ id, name }) => ({
            id,
            name,
            instances: 0,
            image: "",
            version: 1,
            health: {},
          })),
        ),
    ],
    [
      "POST",
      "/containers/applications",
      (a: Asked) => {
        const application = {
          ...json(a),
          // Clients refuse an id of any other form.
          id: randomUUID(),
          name: String(json(a).name),
          configuration: json(a).configuration,
        };
        account.applications.set(application.name, application);
        return ok(application);
      },
    ],
    [
      "PATCH",
      "/containers/applications/*",
      (a: Asked) =>
        ok({ ...[...account.applications.values()].find(({ id }) => id === part(a, 0)), ...json(a) }),
    ],
    ["POST", "/containers/applications/*/rollouts", (a: Asked) => ok({ id: hexId(), ...json(a) })],
    [
      "DELETE",
      "/containers/applications/*",
      (a: Asked) => {
        for (const [name, { id }] of account.applications)
          if (id === part(a, 0)) account.applications.delete(name);
        return ok({});
      },
    ],
  ] as const;
