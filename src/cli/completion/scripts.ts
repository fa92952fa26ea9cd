import type { CommandNode, CommandTree } from './command-tree.ts';

// Completion as three shells want it. Each script walks the words typed so far to the command they name, and offers what may follow. It runs nothing.

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** Single quotes keep everything but a single quote. */
const quoted = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`;
/** In fish, backslashes and single quotes are escaped inside single quotes. */
const fishQuoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const keyOf = ({ path }: CommandNode): string => path.join(' ');
const inner = ({ nodes }: CommandTree): readonly string[] => nodes.filter(({ path }) => path.length > 0).map(keyOf);

function bashScript(tree: CommandTree): string {
  const answers = tree.nodes.map((node) => {
    const words = [...node.commands, ...node.options].map(({ name }) => name);
    return `    ${quoted(keyOf(node))}) words=${quoted(words.join(' '))} ;;`;
  });
  return `# bash completion for sallyport: eval "$(sallyport completion bash)"
_sallyport() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" skip="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      ${tree.withValue.join('|')}) skip=1 ;;
      -*) ;;
      *) case "\${path:+$path }$word" in
        ${inner(tree).map(quoted).join('|')}) path="\${path:+$path }$word" ;;
      esac ;;
    esac
  done
  COMPREPLY=()
  [ -n "$skip" ] && return
  case "$path" in
${answers.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _sallyport sallyport
`;
}

function zshScript(tree: CommandTree): string {
  const described = ({ name, description }: { name: string; description: string }): string =>
    quoted(`${name.replace(/:/g, '\\:')}:${description}`);
  const answers = tree.nodes.map((node) => {
    const list = [...node.commands, ...node.options].map(described);
    return `    ${quoted(keyOf(node))}) offers=(${list.join(' ')}) ;;`;
  });
  return `#compdef sallyport
# zsh completion for sallyport: eval "$(sallyport completion zsh)"
_sallyport() {
  local at="" skip="" word
  local -a offers
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n "$skip" ]]; then skip=""; continue; fi
    case "$word" in
      ${tree.withValue.join('|')}) skip=1 ;;
      -*) ;;
      *) case "\${at:+$at }$word" in
        ${inner(tree).map(quoted).join('|')}) at="\${at:+$at }$word" ;;
      esac ;;
    esac
  done
  if [[ -n "$skip" ]]; then _files; return; fi
  case "$at" in
${answers.join('\n')}
  esac
  _describe sallyport offers
}
compdef _sallyport sallyport
`;
}

function fishScript(tree: CommandTree): string {
  const lines = tree.nodes.flatMap((node) => {
    const when = `-n ${fishQuoted(`test "$(__sallyport_at)" = "${keyOf(node)}"`)}`;
    const commands = node.commands.map(
      ({ name, description }) => `complete -c sallyport -f ${when} -a ${name} -d ${fishQuoted(description)}`,
    );
    const options = node.options.map(({ name, description }) => {
      const takes = tree.withValue.includes(name) ? ' -r' : '';
      return `complete -c sallyport ${when} -l ${name.replace(/^--/, '')}${takes} -d ${fishQuoted(description)}`;
    });
    return [...commands, ...options];
  });
  return `# fish completion for sallyport: sallyport completion fish | source
function __sallyport_at
  set -l at
  set -l skip
  set -l words (commandline -opc)
  for word in $words[2..-1]
    if test -n "$skip"
      set skip
      continue
    end
    if contains -- $word ${tree.withValue.join(' ')}
      set skip yes
    else if not string match -q -- '-*' $word
      if contains -- (string join ' ' $at $word) ${inner(tree).map(fishQuoted).join(' ')}
        set -a at $word
      end
    end
  end
  string join ' ' $at
end
${lines.join('\n')}
`;
}

const makers: Readonly<Record<Shell, (tree: CommandTree) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const completionScript = (shell: Shell, tree: CommandTree): string => makers[shell](tree);
