/** A program's source as text: wrangler.toml has a rule that bundles these files so. */
declare module "*.py" {
  const text: string;
  export default text;
}
