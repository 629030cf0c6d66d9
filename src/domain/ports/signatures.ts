/** Seals and signatures, as the platform's cryptography makes and checks them. */
export type Signatures = {
  /** HMAC-SHA256 of a text as unpadded base64url. */
  seal(secret: string, text: string): Promise<string>;
  /** Whether the seal is that of the text, in constant time. */
  isSealed(secret: string, text: string, seal: string): Promise<boolean>;
  /** Whether an Ed25519 key (standard base64) signed the text (signature in standard base64). */
  isSigned(key: string, text: string, signature: string): Promise<boolean>;
};
