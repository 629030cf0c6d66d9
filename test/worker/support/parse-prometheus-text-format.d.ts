declare module "parse-prometheus-text-format" {
  type Metric = { readonly value?: string; readonly labels?: Readonly<Record<string, string>> };
  type Family = {
    readonly name: string;
    readonly type: string;
    readonly help: string;
    readonly metrics: readonly Metric[];
  };
  /** The families of a text in Prometheus' format; throws where it is none. */
  const parse: (text: string) => Family[];
  export default parse;
}
