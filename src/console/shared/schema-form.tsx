import { isRecord, type Json, textOf } from "./ask.ts";

/** What was typed into a form, by field; "" and undefined are left out. */
export type FormValues = Readonly<Record<string, string>>;

type Field = { readonly name: string; readonly schema: Json; readonly isRequired: boolean };

/** Of "this or null" the part that can be typed. */
const plain = (schema: Json): Json => {
  const options = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isRecord) : [];
  return options.find((option) => option.type !== "null") ?? schema;
};

const fieldsOf = (schema: Json): Field[] => {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(isRecord(schema.properties) ? schema.properties : {}).flatMap(([name, member]) =>
    isRecord(member) ? [{ name, schema: plain(member), isRequired: required.includes(name) }] : [],
  );
};

const typeOf = (schema: Json): string => textOf(Array.isArray(schema.type) ? schema.type[0] : schema.type);

const typed = (schema: Json, text: string): unknown => {
  const type = typeOf(schema);
  if (type === "string" || Array.isArray(schema.enum)) return text;
  try {
    return JSON.parse(text);
  } catch {
    // Not what the field takes; the service says so, and names it.
    return text;
  }
};

/** The JSON object that a form stands for. */
export const objectOf = (schema: Json, values: FormValues): Record<string, unknown> =>
  Object.fromEntries(
    fieldsOf(schema).flatMap(({ name, schema: member }) => {
      const text = values[name] ?? "";
      return text === "" ? [] : [[name, typed(member, text)]];
    }),
  );

const idOf = ({ name }: Field): string => `field-${name}`;

type InputProps = { readonly field: Field; readonly value: string; readonly set: (value: string) => void };

const Choice = ({ field, value, set, options }: InputProps & { readonly options: readonly string[] }) => (
  <select
    id={idOf(field)}
    value={value}
    required={field.isRequired}
    onChange={({ currentTarget: at }) => set(at.value)}
  >
    <option value="">{field.isRequired ? "choose" : textOf(String(field.schema.default ?? ""))}</option>
    {options.map((one) => (
      <option key={one} value={one}>
        {one}
      </option>
    ))}
  </select>
);

const Input = (props: InputProps) => {
  const { field, value, set } = props;
  const { schema, isRequired } = field;
  const type = typeOf(schema);
  if (Array.isArray(schema.enum)) return <Choice {...props} options={schema.enum.map(String)} />;
  if (type === "boolean") return <Choice {...props} options={["true", "false"]} />;
  const placeholder = schema.default === undefined ? "" : JSON.stringify(schema.default);
  if (type === "object" || type === "array" || type === "")
    return (
      <textarea
        id={idOf(field)}
        rows={3}
        placeholder={placeholder || "JSON"}
        required={isRequired}
        value={value}
        onInput={({ currentTarget: at }) => set(at.value)}
      />
    );
  const shared = {
    id: idOf(field),
    required: isRequired,
    value,
    placeholder: placeholder.replace(/^"|"$/g, ""),
    onInput: ({ currentTarget: at }: { readonly currentTarget: HTMLInputElement }) => set(at.value),
  };
  if (type !== "integer" && type !== "number") return <input type="text" {...shared} />;
  const bounds = {
    ...(typeof schema.minimum === "number" ? { min: schema.minimum } : {}),
    ...(typeof schema.maximum === "number" ? { max: schema.maximum } : {}),
  };
  return <input type="number" step={type === "number" ? "any" : "1"} {...bounds} {...shared} />;
};

type Props = {
  readonly schema: Json;
  readonly values: FormValues;
  readonly onChange: (values: FormValues) => void;
};

/** Fields for the members of an object's JSON schema; what they say is checked by the service. */
export const SchemaFields = ({ schema, values, onChange }: Props) => (
  <div class="fields">
    {fieldsOf(schema).map((field) => (
      <label key={field.name} htmlFor={idOf(field)} title={textOf(field.schema.description)}>
        <span>
          {field.name}
          {field.isRequired ? " (required)" : ""}
        </span>
        <Input
          field={field}
          value={values[field.name] ?? ""}
          set={(value) => onChange({ ...values, [field.name]: value })}
        />
      </label>
    ))}
  </div>
);
