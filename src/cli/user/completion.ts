import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";

type Known = { readonly name: string; readonly description: string; readonly flags: readonly string[] };

const flagsOf = ({ options }: Command): string[] => options.flatMap(({ long }) => long ?? []);

const known = (program: Command): Known[] =>
  program.commands.map((command) => ({
    name: command.name(),
    description: command.description().replaceAll("'", ""),
    flags: [...flagsOf(command), ...flagsOf(program)],
  }));

const bash = (commands: readonly Known[]): string => `_sandpiper() {
  local word=\${COMP_WORDS[COMP_CWORD]} flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.map(({ name, flags }) => `    ${name}) flags="${flags.join(" ")}" ;;`).join("\n")}
  esac
  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _sandpiper sandpiper
`;

const zsh = (commands: readonly Known[]): string => `#compdef sandpiper
local -a commands
commands=(
${commands.map(({ name, description }) => `  '${name}:${description}'`).join("\n")}
)
if (( CURRENT == 2 )); then _describe command commands; return; fi
case $words[2] in
${commands.map(({ name, flags }) => `  ${name}) compadd -- ${flags.join(" ")} ;;`).join("\n")}
esac
_files
`;

const fish = (commands: readonly Known[]): string =>
  commands
    .flatMap(({ name, description, flags }) => [
      `complete -c sandpiper -n __fish_use_subcommand -a ${name} -d '${description}'`,
      ...flags.map(
        (flag) => `complete -c sandpiper -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`,
      ),
    ])
    .join("\n")
    .concat("\n");

const shells = { bash, zsh, fish };

const isShell = (name: string): name is keyof typeof shells => Object.hasOwn(shells, name);

export const addCompletion = (program: Command): void => {
  program
    .command("completion")
    .description("prints the completions of a shell: bash, zsh or fish")
    .argument("<shell>")
    .action((shell: string) => {
      if (!isShell(shell)) throw new CommandFailed("There are completions for bash, zsh and fish.");
      process.stdout.write(shells[shell](known(program)));
    });
};
