/** The operator's token of the service that all end-to-end tests share. */
export const OPERATOR_TOKEN = "operator-of-the-shared-service";

/** A new key of an owner at that service. */
export const keyFor = async (url: string, owner: string): Promise<string> => {
  const response = await fetch(`${url}/operator/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ owner }),
  });
  if (!response.ok) throw new Error(`no key was made: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { key: string }).key;
};
