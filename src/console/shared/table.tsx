import type { ComponentChildren } from "preact";

export type TableColumn<Row> = { readonly title: string; readonly of: (row: Row) => ComponentChildren };

type Props<Row> = {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly columns: readonly TableColumn<Row>[];
};

/** Rows under titles; it scrolls sideways where there is no room, and says so where there are none. */
export const Table = <Row,>({ label, rows, keyOf, columns }: Props<Row>) =>
  rows.length === 0 ? (
    <p class="note">There are none.</p>
  ) : (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
    <section class="scrolls" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, of }) => (
                <td key={title}>{of(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
