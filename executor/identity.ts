import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { failedWith } from "./sandbox/group-files.ts";

/** The executor's Ed25519 identity. */
export interface Identity {
  /** Standard base64 of the raw 32-byte public key. */
  readonly workerId: string;
  /** Standard base64 of the signature over a text's UTF-8 bytes. */
  sign(text: string): string;
}

const fromKey = (key: KeyObject): Identity => {
  const { x } = key.export({ format: "jwk" });
  if (key.asymmetricKeyType !== "ed25519" || x === undefined)
    throw new Error("the key is not an Ed25519 key");
  return {
    workerId: Buffer.from(x, "base64url").toString("base64"),
    sign: (text) => sign(null, Buffer.from(text), key).toString("base64"),
  };
};

/** Makes a key file (PKCS#8 PEM, mode 0600); an existing file is never replaced. */
export const generateKeyFile = (path: string): Identity => {
  const { privateKey } = generateKeyPairSync("ed25519");
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600, flag: "wx" });
  return fromKey(privateKey);
};

/** Where an identity comes from: a secret (base64 of a PKCS#8 key), or a key file. */
export type KeySource = { readonly pkcs8: string } | { readonly file: string };

/** The identity from its source. Throws where that holds no Ed25519 key. */
export const openIdentity = (source: KeySource): Identity =>
  "file" in source
    ? loadIdentity(source.file)
    : fromKey(createPrivateKey({ key: Buffer.from(source.pkcs8, "base64"), format: "der", type: "pkcs8" }));

/** The identity in a key file, which is made when it is not there; a file that is no such key throws. */
export const loadIdentity = (path: string): Identity => {
  try {
    const key = createPrivateKey(readFileSync(path));
    chmodSync(path, 0o600);
    return fromKey(key);
  } catch (error) {
    if (failedWith(error, "ENOENT")) return generateKeyFile(path);
    throw error;
  }
};
