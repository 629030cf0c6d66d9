type Props = { readonly name: string; readonly used: number; readonly limit: number; readonly unit?: string };

const FEW = 0.8;

/** A number of at most so many, with a small bar. */
export const Gauge = ({ name, used, limit, unit = "" }: Props) => {
  const text = `${Math.round(used * 100) / 100} of ${limit}${unit}`;
  return (
    <div class="gauge">
      <dt>{name}</dt>
      <dd>
        {text}
        <meter
          min={0}
          max={Math.max(limit, 1)}
          high={Math.max(limit, 1) * FEW}
          optimum={0}
          value={used}
          aria-label={`${name}: ${text}`}
        />
      </dd>
    </div>
  );
};
