/** A tar member before its content: `mode` is 0644 or 0755 for files; folders have size 0. */
export type TarMember = {
  path: string;
  type?: "file" | "directory";
  sizeBytes?: number;
  executable?: boolean;
};
